import type { Clock } from "../runtime/clock.ts";
import { type Check, fail, ok, skip, type Verdict } from "./check.ts";
import { labelled, statusOf, type Vendor, variableOf, vendorFailure } from "./vendor-failure.ts";
import { packageTimeout, withinLimit } from "./within-limit.ts";

export interface OpenAiCheckOptions {
  readonly clock: Clock;
  readonly apiKey: string | undefined;
  /** Includes `/v1`; unset: the vendor's. */
  readonly baseUrl?: string | undefined;
  /** Of the label that it is listed under; unset: none. */
  readonly label?: string | undefined;
  /** Of the language model; unset: not used. */
  readonly model?: string | undefined;
  /** Of speech-to-text; unset: not used. */
  readonly transcriptionModel?: string | undefined;
  /** For each model, in ms. */
  readonly limit: number;
}

const openai: Vendor = {
  name: "OpenAI",
  keyVariable: "OPENAI_API_KEY",
  urlVariable: "OPENAI_BASE_URL",
  keyPage: "https://platform.openai.com/api-keys",
};

/** Whether the key is accepted and may use the models. Compatible servers need not have `/models`. */
export function openAiCheck(options: OpenAiCheckOptions): Check {
  const { apiKey, label, model, transcriptionModel } = options;
  const vendor = labelled(openai, label);
  const models = [
    { id: model, variable: variableOf("OPENAI_MODEL", label) },
    { id: transcriptionModel, variable: variableOf("OPENAI_TRANSCRIPTION_MODEL", label) },
  ];
  return {
    name: vendor.name,
    load: async () => (apiKey === undefined ? undefined : import("openai")),
    async run() {
      if (apiKey === undefined) return skip(`${vendor.keyVariable} is not set`);
      const usable: string[] = [];
      for (const { id, variable } of models) {
        if (id === undefined) continue;
        try {
          await retrieve(options, apiKey, id);
        } catch (error) {
          return statusOf(error) === 404
            ? notFound(error, id, variable, vendor)
            : vendorFailure(error, vendor);
        }
        usable.push(`the model ${id}`);
      }
      return ok(`the key is accepted and may use ${usable.join(" and ")}`);
    },
  };
}

/** The package's defaults are 10 min, up to the headers only, and two retries. */
async function retrieve(
  { clock, baseUrl, limit }: OpenAiCheckOptions,
  apiKey: string,
  model: string,
): Promise<void> {
  const { default: OpenAI } = await import("openai");
  const client = new OpenAI({
    apiKey,
    // The gateway's own requests name neither.
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: packageTimeout(limit),
    logLevel: "off",
    ...(baseUrl && { baseURL: baseUrl }),
  });
  await withinLimit(clock, limit, "OpenAI's answer", (signal) => client.models.retrieve(model, { signal }));
}

/** OpenAI itself says that it is the model which it has not got; another 404 is one of a server without this path. */
function notFound(error: unknown, model: string, variable: string, { urlVariable }: Vendor): Verdict {
  if ((error as { code?: unknown }).code === "model_not_found") {
    return fail(
      `the model ${model} does not exist, or the key may not use it`,
      `set ${variable} to a model of this account`,
    );
  }
  return skip(
    `the server at ${urlVariable} does not tell its models (404), so key and model were not checked`,
  );
}

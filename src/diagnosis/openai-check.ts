import type { Clock } from "../runtime/clock.ts";
import { type Check, fail, ok, skip, type Verdict } from "./check.ts";
import { statusOf, type Vendor, vendorFailure } from "./vendor-failure.ts";
import { packageTimeout, withinLimit } from "./within-limit.ts";

export interface OpenAiCheckOptions {
  readonly clock: Clock;
  readonly apiKey: string | undefined;
  /** Includes `/v1`; unset: the vendor's. */
  readonly baseUrl?: string | undefined;
  readonly model: string;
  /** In ms. */
  readonly limit: number;
}

const openai: Vendor = {
  name: "OpenAI",
  keyVariable: "OPENAI_API_KEY",
  urlVariable: "OPENAI_BASE_URL",
  keyPage: "https://platform.openai.com/api-keys",
};

/** Whether the key is accepted and may use the model. Compatible servers need not have `/models`. */
export function openAiCheck(options: OpenAiCheckOptions): Check {
  const { apiKey, model } = options;
  return {
    name: "OpenAI",
    load: async () => (apiKey === undefined ? undefined : import("openai")),
    async run() {
      if (apiKey === undefined) return skip("OPENAI_API_KEY is not set");
      try {
        await retrieve(options, apiKey);
        return ok(`the key is accepted and may use the model ${model}`);
      } catch (error) {
        return statusOf(error) === 404 ? notFound(error, model) : vendorFailure(error, openai);
      }
    },
  };
}

/** The package's defaults are 10 min, up to the headers only, and two retries. */
async function retrieve({ clock, baseUrl, model, limit }: OpenAiCheckOptions, apiKey: string): Promise<void> {
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
function notFound(error: unknown, model: string): Verdict {
  if ((error as { code?: unknown }).code === "model_not_found") {
    return fail(
      `the model ${model} does not exist, or the key may not use it`,
      "set OPENAI_MODEL to a model of this account",
    );
  }
  return skip(
    "the server at OPENAI_BASE_URL does not tell its models (404), so key and model were not checked",
  );
}

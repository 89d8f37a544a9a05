import type { Clock } from "../runtime/clock.ts";
import { type Check, fail, ok, skip, type Verdict } from "./check.ts";
import { labelled, statusOf, type Vendor, variableOf, vendorFailure } from "./vendor-failure.ts";
import { packageTimeout, withinLimit } from "./within-limit.ts";

export interface DeepgramCheckOptions {
  readonly clock: Clock;
  readonly apiKey: string | undefined;
  /** An http(s) origin; unset: the vendor's. */
  readonly baseUrl?: string | undefined;
  /** Of the label that it is listed under; unset: none. */
  readonly label?: string | undefined;
  /** Of speech-to-text; unset: not used. */
  readonly model?: string | undefined;
  /** Of text-to-speech; unset: not used. */
  readonly voiceModel?: string | undefined;
  /** For both requests together, in ms. */
  readonly limit: number;
}

const deepgram: Vendor = {
  name: "Deepgram",
  keyVariable: "DEEPGRAM_API_KEY",
  urlVariable: "DEEPGRAM_BASE_URL",
  keyPage: "https://console.deepgram.com",
};

/**
 * Whether the key is accepted and the models known. The list of models is public, so it says nothing of the key; the
 * list of projects does, although a key without rights to manage is refused it with 403.
 */
export function deepgramCheck(options: DeepgramCheckOptions): Check {
  const { apiKey, label } = options;
  const vendor = labelled(deepgram, label);
  return {
    name: vendor.name,
    load: async () => (apiKey === undefined ? undefined : import("@deepgram/sdk")),
    async run() {
      if (apiKey === undefined) return skip(`${vendor.keyVariable} is not set`);
      try {
        return await ask(options, apiKey);
      } catch (error) {
        return vendorFailure(error, vendor);
      }
    },
  };
}

async function ask(options: DeepgramCheckOptions, apiKey: string): Promise<Verdict> {
  const { clock, baseUrl, label, model, voiceModel, limit } = options;
  const { DeepgramClient } = await import("@deepgram/sdk");
  const client = new DeepgramClient({ apiKey, ...(baseUrl && { baseUrl }) });
  return withinLimit(clock, limit, "Deepgram's answer", async (abortSignal) => {
    // The package's defaults are 60 s and two retries.
    const request = { abortSignal, timeoutInSeconds: packageTimeout(limit) / 1000, maxRetries: 0 };
    try {
      await client.manage.v1.projects.list(request);
    } catch (error) {
      if (statusOf(error) !== 403) throw error;
    }
    const { stt, tts } = await client.manage.v1.models.list({ include_outdated: true }, request);
    const found = [
      ...(model === undefined ? [] : [judge(model, stt ?? [], variableOf("DEEPGRAM_MODEL", label))]),
      ...(voiceModel === undefined
        ? []
        : [judge(voiceModel, tts ?? [], variableOf("DEEPGRAM_VOICE_MODEL", label))]),
    ];
    const failed = found.find((each) => typeof each !== "string");
    return failed ?? ok(["the key is accepted", ...found].join(", and "));
  });
}

interface ListedModel {
  readonly name?: string | undefined;
  readonly canonical_name?: string | undefined;
  readonly architecture?: string | undefined;
}

/**
 * What is known of a model, or that it is none. One of speech-to-text is asked for by its family (`nova-3`), or by family
 * and use (`nova-3-medical`); a voice by its whole name.
 */
function judge(model: string, models: readonly ListedModel[], variable: string): string | Verdict {
  const known = new Set(
    models.flatMap(({ name, canonical_name, architecture }) => [
      name,
      canonical_name,
      architecture,
      `${architecture}-${name}`,
    ]),
  );
  if (known.has(model)) return `the model ${model} is known`;
  // Custom models have a UUID; the list is that of v1, which Flux is not served by.
  if (models.length === 0 || model.startsWith("flux-") || /^[\da-f]{8}-[\da-f-]{27}$/i.test(model)) {
    return `whether the model ${model} exists is not told by the list of models`;
  }
  const names = models.map((one) =>
    variable.endsWith("VOICE_MODEL") ? one.canonical_name : one.architecture,
  );
  const some = [...new Set(names)].filter((name) => name !== undefined).slice(0, 8);
  return fail(
    `the model ${model} is not among Deepgram's models`,
    `set ${variable} to one of them, such as ${some.join(", ")}`,
  );
}

import type { Clock } from "../runtime/clock.ts";
import { type Check, fail, ok, skip, type Verdict } from "./check.ts";
import { statusOf, type Vendor, vendorFailure } from "./vendor-failure.ts";
import { packageTimeout, withinLimit } from "./within-limit.ts";

export interface DeepgramCheckOptions {
  readonly clock: Clock;
  readonly apiKey: string | undefined;
  /** An http(s) origin; unset: the vendor's. */
  readonly baseUrl?: string | undefined;
  readonly model: string;
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
 * Whether the key is accepted and the model known. The list of models is public, so it says nothing of the key; the
 * list of projects does, although a key without rights to manage is refused it with 403.
 */
export function deepgramCheck(options: DeepgramCheckOptions): Check {
  const { apiKey } = options;
  return {
    name: "Deepgram",
    load: async () => (apiKey === undefined ? undefined : import("@deepgram/sdk")),
    async run() {
      if (apiKey === undefined) return skip("DEEPGRAM_API_KEY is not set");
      try {
        return await ask(options, apiKey);
      } catch (error) {
        return vendorFailure(error, deepgram);
      }
    },
  };
}

async function ask({ clock, baseUrl, model, limit }: DeepgramCheckOptions, apiKey: string): Promise<Verdict> {
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
    const { stt } = await client.manage.v1.models.list({ include_outdated: true }, request);
    return judge(model, stt ?? []);
  });
}

interface ListedModel {
  readonly name?: string | undefined;
  readonly canonical_name?: string | undefined;
  readonly architecture?: string | undefined;
}

/** A model is asked for by its family (`nova-3`), or by family and use (`nova-3-medical`). */
function judge(model: string, models: readonly ListedModel[]): Verdict {
  const known = new Set(
    models.flatMap(({ name, canonical_name, architecture }) => [
      name,
      canonical_name,
      architecture,
      `${architecture}-${name}`,
    ]),
  );
  if (known.has(model)) return ok(`the key is accepted, and the model ${model} is known`);
  // Custom models have a UUID; the list is that of v1, which Flux is not served by.
  if (models.length === 0 || model.startsWith("flux-") || /^[\da-f]{8}-[\da-f-]{27}$/i.test(model)) {
    return ok(`the key is accepted; whether the model ${model} exists is not told by the list of models`);
  }
  const families = [...new Set(models.map(({ architecture }) => architecture))]
    .filter((family) => family !== undefined)
    .slice(0, 8);
  return fail(
    `the model ${model} is not among Deepgram's models`,
    `set DEEPGRAM_MODEL to one of them, such as ${families.join(", ") || "nova-3"}`,
  );
}

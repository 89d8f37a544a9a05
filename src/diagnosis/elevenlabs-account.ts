import type { ElevenLabsClient } from "@elevenlabs/elevenlabs-js";
import type { Clock } from "../runtime/clock.ts";
import { skip, type Verdict } from "./check.ts";
import { labelled, statusOf, type Vendor, vendorFailure } from "./vendor-failure.ts";
import { packageTimeout, withinLimit } from "./within-limit.ts";

export interface ElevenLabsAccount {
  readonly clock: Clock;
  readonly apiKey: string | undefined;
  /** An http(s) origin; unset: the vendor's. */
  readonly baseUrl?: string | undefined;
  /** Of the label that it is listed under; unset: none. */
  readonly label?: string | undefined;
  /** In ms. */
  readonly limit: number;
}

interface RequestOptions {
  readonly abortSignal: AbortSignal;
}

const elevenLabs: Vendor = {
  name: "ElevenLabs",
  keyVariable: "ELEVENLABS_API_KEY",
  urlVariable: "ELEVENLABS_BASE_URL",
  keyPage: "https://elevenlabs.io/app/settings/api-keys",
};

/** The name of one of its checks. */
export function elevenLabsTitle(what: string, { label }: ElevenLabsAccount): string {
  return label === undefined ? `ElevenLabs ${what}` : `ElevenLabs ${what} (${label})`;
}

/** Imports the vendor's package, which takes some seconds, when it is needed. */
export async function loadElevenLabs({ apiKey }: ElevenLabsAccount): Promise<unknown> {
  return apiKey === undefined ? undefined : import("@elevenlabs/elevenlabs-js");
}

/**
 * Asks through the vendor's package. `errors` judges an error first, by the vendor's word for it; what it leaves is
 * judged like any vendor's.
 */
export async function askElevenLabs(
  { clock, apiKey, baseUrl, label, limit }: ElevenLabsAccount,
  ask: (client: ElevenLabsClient, options: RequestOptions) => Promise<Verdict>,
  errors: (word: string | undefined, status: number | undefined) => Verdict | undefined = () => undefined,
): Promise<Verdict> {
  const vendor = labelled(elevenLabs, label);
  if (apiKey === undefined) return skip(`${vendor.keyVariable} is not set`);
  try {
    const { ElevenLabsClient } = await import("@elevenlabs/elevenlabs-js");
    // The package's defaults are 240 s, up to the headers only, and two retries.
    const client = new ElevenLabsClient({
      apiKey,
      maxRetries: 0,
      timeoutInSeconds: packageTimeout(limit) / 1000,
      ...(baseUrl && { baseUrl }),
    });
    return await withinLimit(clock, limit, "ElevenLabs' answer", (abortSignal) =>
      ask(client, { abortSignal }),
    );
  } catch (error) {
    return errors(wordOf(error), statusOf(error)) ?? judge(error, vendor);
  }
}

function judge(error: unknown, vendor: Vendor): Verdict {
  if (wordOf(error) === "missing_permissions") {
    return skip("the key is accepted, but has no permission to read this, so it was not checked");
  }
  // The package refuses answers that lack any field it knows.
  if (error instanceof Error && error.name === "ParseError") {
    return skip("the key is accepted, but the answer is not one that the package understands");
  }
  return vendorFailure(error, vendor);
}

/** `detail.status` of an error's body: the vendor's own word for what is wrong. */
function wordOf(error: unknown): string | undefined {
  const { body } = (error ?? {}) as { body?: { detail?: { status?: unknown } | null } | null };
  const word = body?.detail?.status;
  return typeof word === "string" ? word : undefined;
}

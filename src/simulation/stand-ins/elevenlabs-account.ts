import type { IncomingMessage } from "node:http";
import type { AccountAnswer } from "./account-answer.ts";

/** The account behind the key. */
export interface ElevenLabsAccount {
  /** The only key that is let in; unset: any. */
  readonly apiKey?: string;
  /** Ids of its voices; unset: every one that is asked for. */
  readonly voices?: readonly string[];
  readonly subscription?: {
    /** Default `active`. */
    readonly status?: string;
    /** Characters spoken in this period; default 0. */
    readonly used?: number;
    /** Characters of a period; default 10 000. */
    readonly limit?: number;
  };
}

const VOICE = /^\/v1\/voices\/([^/?]+)$/;

/** `GET /v1/voices/{voice}` and `GET /v1/user/subscription`; undefined for any other request. */
export function elevenLabsAccountAnswer(
  { method, url = "/", headers }: IncomingMessage,
  { apiKey, voices, subscription }: ElevenLabsAccount,
): AccountAnswer | undefined {
  const [, voice] = VOICE.exec(url) ?? [];
  if (method !== "GET" || (voice === undefined && url !== "/v1/user/subscription")) return undefined;
  const key = headers["xi-api-key"];
  if (key === undefined || (apiKey !== undefined && key !== apiKey)) {
    return { status: 401, body: elevenLabsRefusal("invalid_api_key") };
  }
  if (voice === undefined) return { status: 200, body: subscriptionBody(subscription) };
  if (voices !== undefined && !voices.includes(voice)) {
    return { status: 404, body: elevenLabsRefusal("voice_not_found") };
  }
  return { status: 200, body: { voice_id: voice, name: "Stand-in", category: "premade", labels: {} } };
}

export function elevenLabsRefusal(word: string): object {
  return { detail: { status: word, message: `Refused: ${word}.` } };
}

/** With every field that the vendor's package demands. */
function subscriptionBody({
  status = "active",
  used = 0,
  limit = 10_000,
}: ElevenLabsAccount["subscription"] = {}) {
  return {
    tier: "starter",
    status,
    character_count: used,
    character_limit: limit,
    max_credit_limit_extension: 0,
    can_extend_character_limit: false,
    allowed_to_extend_character_limit: false,
    voice_slots_used: 0,
    professional_voice_slots_used: 0,
    professional_voice_slots_used_in_workspace: 0,
    voice_limit: 10,
    voice_add_edit_counter: 0,
    professional_voice_limit: 0,
    can_extend_voice_limit: false,
    can_use_instant_voice_cloning: true,
    can_use_professional_voice_cloning: false,
    current_overage: { amount: "0", currency: "usd" },
    open_invoices: [],
    has_open_invoices: false,
    pending_change: null,
  };
}

import { SAMPLE_RATE } from "../../audio/audio-format.ts";
import { protocolError } from "./deepgram-errors.ts";
import { fieldOf, parseMessage } from "./json-message.ts";

export const FORCE_END_TURN = '{"type":"ForceEndTurn"}';

/** The vendor limits keyterms by tokens, about 500 in all; these bounds stay below it. */
const MAX_KEYTERMS = 50;
const MAX_KEYTERM_LENGTH = 60;

export interface ListenV2Query {
  readonly model: string;
  /** BCP 47; told to models that know several languages, and only to them. */
  readonly language: string;
  /** Confidence that ends a turn, 0.5 to 1. */
  readonly eotThreshold: number;
  /** Confidence for `EagerEndOfTurn`, 0.3 to 0.9; unset: the vendor sends none. */
  readonly eagerEotThreshold?: number | undefined;
  /** Silence that ends a turn whatever the confidence, in ms, 500 to 60 000. */
  readonly eotTimeout: number;
}

/** Path and query of `v2/listen` (Flux); it refuses the v1 parameters. */
export function listenV2Path(query: ListenV2Query): string {
  const parameters = new URLSearchParams({
    model: query.model,
    encoding: "mulaw",
    sample_rate: String(SAMPLE_RATE),
    eot_threshold: String(query.eotThreshold),
    eot_timeout_ms: String(query.eotTimeout),
  });
  if (query.eagerEotThreshold !== undefined) {
    parameters.set("eager_eot_threshold", String(query.eagerEotThreshold));
  }
  if (query.model.endsWith("-multi")) {
    parameters.set("language_hint", query.language.replace(/-.*/, ""));
  }
  return `/v2/listen?${parameters}`;
}

/** The `Configure` message for what the caller is likely to say; too many or too long phrases are left out. */
export function configureKeyterms(phrases: readonly string[]): string {
  const keyterms = phrases
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase.length > 0 && phrase.length <= MAX_KEYTERM_LENGTH)
    .slice(0, MAX_KEYTERMS);
  return JSON.stringify({ type: "Configure", keyterms });
}

export type TurnEvent = "StartOfTurn" | "Update" | "EagerEndOfTurn" | "TurnResumed" | "EndOfTurn";
const turnEvents: readonly string[] = [
  "StartOfTurn",
  "Update",
  "EagerEndOfTurn",
  "TurnResumed",
  "EndOfTurn",
] satisfies TurnEvent[];

/** What a server message means; `other`: a type or event that needs nothing done. */
export type ListenV2Message =
  | { readonly type: "connected" }
  | {
      readonly type: "turn";
      readonly event: TurnEvent;
      /** All words of the turn so far. */
      readonly text: string;
      /** Mean confidence of the words; 0 when there are none. */
      readonly confidence: number;
      /** End of the audio that was heard, in seconds of this connection. */
      readonly coveredSeconds: number;
    }
  | { readonly type: "error"; readonly code: string; readonly description: string }
  | { readonly type: "other" };

/** Throws `PROVIDER_PROTOCOL` for what the protocol does not allow. */
export function parseListenV2(data: string): ListenV2Message {
  const message = parseMessage(data);
  if (message.type === "Connected") return { type: "connected" };
  if (message.type === "Error") {
    return { type: "error", code: String(message.code), description: String(message.description) };
  }
  if (message.type !== "TurnInfo" || !turnEvents.includes(String(message.event))) return { type: "other" };
  if (typeof message.transcript !== "string") throw protocolError("TurnInfo without a transcript");
  const covered = message.audio_window_end;
  return {
    type: "turn",
    event: message.event as TurnEvent,
    text: message.transcript.trim(),
    confidence: meanConfidence(message.words),
    coveredSeconds: typeof covered === "number" && covered >= 0 ? covered : 0,
  };
}

function meanConfidence(words: unknown): number {
  if (!Array.isArray(words) || words.length === 0) return 0;
  let sum = 0;
  for (const word of words) {
    const confidence = fieldOf(word, "confidence");
    if (typeof confidence === "number") sum += confidence;
  }
  return sum / words.length;
}

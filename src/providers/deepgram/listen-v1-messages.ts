import { SAMPLE_RATE } from "../../audio/audio-format.ts";
import { protocolError } from "./deepgram-errors.ts";
import { fieldOf, parseMessage } from "./json-message.ts";

export const KEEP_ALIVE = '{"type":"KeepAlive"}';
export const FINALIZE = '{"type":"Finalize"}';

export interface ListenV1Query {
  readonly model: string;
  /** BCP 47. */
  readonly language: string;
  /** Silence after which the vendor ends an utterance, in ms. */
  readonly endpointing: number;
}

/**
 * Path and query of `v1/listen` for raw telephone audio. `utterance_end_ms` is the backstop when noise keeps
 * `speech_final` away; below 1000 it gives nothing. `smart_format` may hold results back, so it is off.
 */
export function listenV1Path(query: ListenV1Query): string {
  const parameters = new URLSearchParams({
    model: query.model,
    encoding: "mulaw",
    sample_rate: String(SAMPLE_RATE),
    channels: "1",
    language: query.language,
    interim_results: "true",
    endpointing: String(query.endpointing),
    utterance_end_ms: "1000",
    vad_events: "true",
    punctuate: "true",
    smart_format: "false",
  });
  return `/v1/listen?${parameters}`;
}

/** What a server message means; `other`: a type that needs nothing done (`Metadata`, `SpeechStarted`, new ones). */
export type ListenV1Message =
  | {
      readonly type: "results";
      readonly text: string;
      readonly confidence: number;
      readonly isFinal: boolean;
      readonly speechFinal: boolean;
      readonly fromFinalize: boolean;
      /** End of the range that the words cover, in seconds of this connection's audio. */
      readonly coveredSeconds: number;
    }
  | { readonly type: "utterance-end" }
  | { readonly type: "other" };

/** Throws `PROVIDER_PROTOCOL` for what the protocol does not allow. */
export function parseListenV1(data: string): ListenV1Message {
  const message = parseMessage(data);
  if (message.type === "UtteranceEnd") return { type: "utterance-end" };
  if (message.type !== "Results") return { type: "other" };
  const alternatives = fieldOf(message.channel, "alternatives");
  const best: unknown = Array.isArray(alternatives) ? alternatives[0] : undefined;
  const text = fieldOf(best, "transcript");
  if (typeof text !== "string") throw protocolError("Results without a transcript");
  const confidence = fieldOf(best, "confidence");
  return {
    type: "results",
    text: text.trim(),
    confidence: typeof confidence === "number" ? confidence : 0,
    isFinal: message.is_final === true,
    speechFinal: message.speech_final === true,
    fromFinalize: message.from_finalize === true,
    coveredSeconds: seconds(message.start) + seconds(message.duration),
  };
}

function seconds(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}

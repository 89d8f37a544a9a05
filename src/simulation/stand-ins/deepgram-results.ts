import type { DeepgramMessage } from "./deepgram-session.ts";
import { wordTimes } from "./deepgram-transcript.ts";

export interface ResultFlags {
  readonly is_final?: boolean;
  readonly speech_final?: boolean;
  readonly from_finalize?: boolean;
}

/** A v1 `Results` message; times come in ms of audio and leave in seconds, as the vendor gives them. */
export function resultsMessage(results: {
  readonly requestId: string;
  readonly text: string;
  /** Where the range that this message covers begins and ends. */
  readonly start: number;
  readonly to: number;
  /** Where the speech in it begins. */
  readonly from: number;
  readonly flags: ResultFlags;
}): DeepgramMessage {
  const { requestId, text, start, to, from, flags } = results;
  const confidence = flags.is_final ? 0.98 : 0.9;
  return {
    type: "Results",
    channel_index: [0, 1],
    duration: (to - start) / 1000,
    start: start / 1000,
    is_final: flags.is_final ?? false,
    speech_final: flags.speech_final ?? false,
    channel: {
      alternatives: [
        {
          transcript: text,
          confidence: text === "" ? 0 : confidence,
          words: wordTimes(text, from, to, confidence),
        },
      ],
    },
    metadata: {
      request_id: requestId,
      model_info: { name: "stand-in", version: "1", arch: "nova-3" },
      model_uuid: requestId,
    },
    from_finalize: flags.from_finalize ?? false,
  };
}

/** For the log: what kind of result, and its words. */
export function describeResults(text: string, flags: ResultFlags): string {
  const flag = (["from_finalize", "speech_final", "is_final"] as const).find((name) => flags[name]);
  return `${flag ?? "interim"} ${JSON.stringify(text)}`;
}

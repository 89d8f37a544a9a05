import type { SpeechToText } from "../../pipeline/speech-to-text.ts";
import type { Clock } from "../../runtime/clock.ts";
import { endpointBySilence } from "./endpoint-by-silence.ts";
import { type FailoverOptions, firstOf } from "./failover-options.ts";
import { FailoverTranscription } from "./failover-transcription.ts";

export interface FailoverSpeechToTextOptions extends FailoverOptions {
  readonly clock: Clock;
}

/**
 * A list of recognisers as one. Every stream begins with the first; when it fails for good, or for too long, the next
 * one goes on with the audio that no final words cover ({@link FailoverTranscription}).
 *
 * The name is the first one's, and so is `endpoints`, which is read once: when the first tells endpoints and a
 * later one does not, that one's endpoints are made from silence ({@link endpointBySilence}). A later one that does
 * tell them goes on doing so behind a first that does not: they only come on top of local endpointing. A list of one
 * is that provider itself.
 */
export function failoverSpeechToText(
  providers: readonly SpeechToText[],
  options: FailoverSpeechToTextOptions,
): SpeechToText {
  const first = firstOf(providers);
  if (providers.length === 1) return first;
  const list = providers.map((provider) =>
    first.endpoints !== "none" && provider.endpoints === "none" ? endpointBySilence(provider) : provider,
  );
  return {
    name: first.name,
    endpoints: first.endpoints,
    punctuates: first.punctuates,
    open(transcription, listener) {
      const stream = new FailoverTranscription({ ...options, providers: list, transcription, listener });
      stream.open();
      return stream;
    },
  };
}

import type { SpeechToText } from "../../../pipeline/speech-to-text.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { type FailoverOptions, firstOf } from "../failover-options.ts";
import { endpointBySilence } from "./endpoint-by-silence.ts";
import { FailoverTranscription } from "./failover-transcription.ts";

export interface FailoverSpeechToTextOptions extends FailoverOptions {
  readonly clock: Clock;
  /** In [0, 1), for the backoff when all have failed. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** So much of a caller's audio (ms) was heard by nobody and is not kept any more, or is given up. Must not throw. */
  readonly onAudioLost?: ((ms: number) => void) | undefined;
}

/**
 * A list of recognisers as one, and a single one that is begun anew when it has failed for good. Every stream begins
 * with the first that is worth asking; when it is lost, another one goes on with the audio that no final words cover
 * ({@link FailoverTranscription}).
 *
 * The name is the first one's, and so is `endpoints`, which is read once: when the first tells endpoints and a
 * later one does not, that one's endpoints are made from silence ({@link endpointBySilence}). A later one that does
 * tell them goes on doing so behind a first that does not: they only come on top of local endpointing.
 */
export function failoverSpeechToText(
  providers: readonly SpeechToText[],
  { clock, onFailure, breakers, random = Math.random, onAudioLost = () => {} }: FailoverSpeechToTextOptions,
): SpeechToText {
  const first = firstOf(providers);
  const list = providers.map((provider) =>
    first.endpoints !== "none" && provider.endpoints === "none" ? endpointBySilence(provider) : provider,
  );
  const shared = { clock, onFailure, breakers, random, onAudioLost, providers: list };
  return {
    name: first.name,
    endpoints: first.endpoints,
    punctuates: first.punctuates,
    open(transcription, listener) {
      const stream = new FailoverTranscription({ ...shared, transcription, listener });
      stream.open();
      return stream;
    },
  };
}

import type { SpeechEvent, Utterance } from "../../../pipeline/text-to-speech.ts";
import type { SpeakingRate } from "./speaking-rate.ts";

/** An utterance at a provider. */
export interface VoiceLine {
  readonly utterance: Utterance;
  /** Its connection is not to be used for what comes after. */
  retire(): void;
}

/** A provider's voice in this call. */
export interface FailoverVoice {
  readonly name: string;
  readonly rate: SpeakingRate;
  /** Begins an utterance; undefined: there is no connection any more. */
  speak(listener: (event: SpeechEvent) => void): VoiceLine | undefined;
}

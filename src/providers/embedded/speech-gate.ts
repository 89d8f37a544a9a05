import { FRAME_BYTES, FRAME_MS } from "../../audio/audio-format.ts";
import { Framer } from "../../audio/framer.ts";
import type { VoiceActivity } from "../../audio/voice-activity.ts";

/** Sound kept from before an onset is known: the onset itself takes about 80 ms of it, a soft beginning the rest. */
const PRE_ROLL_FRAMES = 15;

/**
 * Lets a caller's speech through, with 300 ms from before its onset was known and the hangover after it, and
 * keeps silence out. Pauses within an utterance are thereby shortened. Time is counted in audio.
 */
export class SpeechGate {
  readonly #activity: VoiceActivity;
  readonly #onSpeech: (mulaw: Uint8Array) => void;
  readonly #framer = new Framer((frame) => this.#frame(frame));
  readonly #recent = new Uint8Array(PRE_ROLL_FRAMES * FRAME_BYTES);
  #kept = 0;
  #at = 0;
  #spoken = 0;
  #startedAt = 0;

  /** `onSpeech` gets bytes that are valid only until it returns. The gate closes the detector. */
  constructor(activity: VoiceActivity, onSpeech: (mulaw: Uint8Array) => void) {
    this.#activity = activity;
    this.#onSpeech = onSpeech;
  }

  push(mulaw: Uint8Array): void {
    this.#framer.push(mulaw);
  }

  /** Speech since the last {@link restart}, in ms, without the sound before and after it. */
  get spoken(): number {
    return this.#spoken + (this.#activity.speaking ? this.#at - this.#startedAt : 0);
  }

  /** Begins to count speech anew, as an utterance has ended. */
  restart(): void {
    this.#spoken = 0;
    this.#startedAt = this.#at;
  }

  close(): void {
    this.#activity.close();
  }

  #frame(frame: Uint8Array): void {
    const change = this.#activity.feed(frame, this.#at);
    this.#at += FRAME_MS;
    if (change === "speech-started") this.#begin();
    if (this.#activity.speaking) {
      this.#onSpeech(frame);
      return;
    }
    if (change === "speech-ended") this.#spoken += Math.max(0, this.#activity.since - this.#startedAt);
    this.#remember(frame);
  }

  #begin(): void {
    this.#startedAt = this.#activity.since;
    if (this.#kept > 0) this.#onSpeech(this.#recent.subarray(0, this.#kept));
    this.#kept = 0;
  }

  #remember(frame: Uint8Array): void {
    if (this.#kept === this.#recent.length) {
      this.#recent.copyWithin(0, FRAME_BYTES);
      this.#kept -= FRAME_BYTES;
    }
    this.#recent.set(frame, this.#kept);
    this.#kept += FRAME_BYTES;
  }
}

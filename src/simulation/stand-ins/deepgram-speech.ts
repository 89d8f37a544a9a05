import { BYTES_PER_MS, FRAME_BYTES } from "../../audio/audio-format.ts";
import { EnergyGate } from "../../audio/energy-gate.ts";

/** A click is not speech. */
const ONSET = 40;

/**
 * Where speech is in the audio received, in audio time: what a recogniser's ear would tell. Speech begins
 * with two loud blocks of 20 ms and lasts until {@link end} is called.
 */
export class DeepgramSpeech {
  /** Audio received, in ms. */
  position = 0;
  /** When the speech under way began, in ms of audio; undefined in silence. */
  startedAt: number | undefined;
  /** End of the last loud block, in ms of audio. */
  lastLoudAt = 0;
  #loudFor = 0;
  readonly #gate = new EnergyGate();

  /** Ms of audio since the last loud block. */
  get quietFor(): number {
    return this.position - this.lastLoudAt;
  }

  /** Takes in audio block by block (20 ms, the last may be shorter) and calls `step` after each. */
  feed(mulaw: Uint8Array, step: (loud: boolean, began: boolean) => void): void {
    for (let at = 0; at < mulaw.length; at += FRAME_BYTES) {
      const block = mulaw.subarray(at, at + FRAME_BYTES);
      const ms = block.length / BYTES_PER_MS;
      const loud = this.#gate.feed(block);
      this.position += ms;
      this.#loudFor = loud ? this.#loudFor + ms : 0;
      if (loud) this.lastLoudAt = this.position;
      const began = this.startedAt === undefined && this.#loudFor >= ONSET;
      if (began) this.startedAt = this.position - this.#loudFor;
      step(loud, began);
    }
  }

  /** The speech is over; the next loud blocks begin another. */
  end(): void {
    this.startedAt = undefined;
    this.#loudFor = 0;
  }
}

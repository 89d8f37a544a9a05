import { BYTES_PER_MS, FRAME_BYTES } from "../../audio/audio-format.ts";
import { EnergyGate } from "../../audio/energy-gate.ts";

/** A click is not speech. */
const ONSET = 40;
/** Blocks kept from before speech is known to have begun. */
const LEAD_BLOCKS = 5;
/** Blocks kept of one utterance: a minute. */
const MOST_BLOCKS = 3_000;

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
  readonly #keep: boolean;
  #blocks: Uint8Array[] = [];

  /** @param keep whether the audio of the utterance is kept for {@link audio}. */
  constructor(keep = false) {
    this.#keep = keep;
  }

  /** The utterance under way so far, and a little from before it; a minute of it at most. */
  get audio(): Uint8Array {
    return Buffer.concat(this.#blocks);
  }

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
      if (this.#keep) this.#take(block);
      const began = this.startedAt === undefined && this.#loudFor >= ONSET;
      if (began) this.startedAt = this.position - this.#loudFor;
      step(loud, began);
    }
  }

  /** The speech is over; the next loud blocks begin another. */
  end(): void {
    this.startedAt = undefined;
    this.#loudFor = 0;
    this.#blocks = [];
  }

  #take(block: Uint8Array): void {
    this.#blocks.push(block);
    const most = this.startedAt === undefined ? LEAD_BLOCKS : MOST_BLOCKS;
    if (this.#blocks.length > most) this.#blocks.shift();
  }
}

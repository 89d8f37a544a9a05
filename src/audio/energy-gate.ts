import { decodeMulaw } from "./mulaw.ts";

export interface EnergyGateOptions {
  /** A frame below this is never sound, in dB of full scale; -70 to -20. A quiet caller speaks at about -40. */
  readonly minimum?: number;
  /** How far above the noise floor sound begins, in dB; 3 to 20. White noise varies by 1.5 dB from frame to frame. */
  readonly margin?: number;
}

/** The floor is the quietest frame of so many blocks: 1.6 s, in which speech has always paused for a moment. */
const BLOCKS = 8;
const FRAMES_PER_BLOCK = 10;
/** The floor is held to be no louder than this: a call that begins in the middle of a word is not deaf to it. */
const HIGHEST_FLOOR_DB = -38;

/** Square of each μ-law value, as a share of full scale. */
const power = Float64Array.from(
  decodeMulaw(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
  (sample) => (sample / 32768) ** 2,
);

/**
 * Tells sound from quiet by the energy of a frame over an adaptive noise floor (minimum statistics).
 * Knows nothing of what the sound is: noise that sets in is sound for the 1.6 s that the floor takes to reach it.
 */
export class EnergyGate {
  readonly #minimum: number;
  readonly #ratio: number;
  readonly #blocks = new Float64Array(BLOCKS).fill(Number.POSITIVE_INFINITY);
  #frame = 0;
  #floor = Number.POSITIVE_INFINITY;

  constructor(options: EnergyGateOptions = {}) {
    this.#minimum = fromDecibels(options.minimum ?? -50);
    this.#ratio = fromDecibels(options.margin ?? 8);
  }

  /** Whether the frame (μ-law, any length above 0) is sound. */
  feed(frame: Uint8Array): boolean {
    const level = meanPower(frame);
    this.#follow(level);
    const floor = Math.min(this.#floor, highestFloor);
    return level > this.#minimum && level > floor * this.#ratio;
  }

  /** The noise floor in dB of full scale; `Infinity` before the first frame. */
  get floor(): number {
    return toDecibels(this.#floor);
  }

  #follow(level: number): void {
    const block = Math.floor(this.#frame / FRAMES_PER_BLOCK) % BLOCKS;
    const first = this.#frame % FRAMES_PER_BLOCK === 0;
    this.#frame = (this.#frame + 1) % (FRAMES_PER_BLOCK * BLOCKS);
    if (!first) {
      if (level < (this.#blocks[block] as number)) this.#blocks[block] = level;
      if (level < this.#floor) this.#floor = level;
      return;
    }
    this.#blocks[block] = level;
    this.#floor = level;
    for (let i = 0; i < BLOCKS; i++) {
      const least = this.#blocks[i] as number;
      if (least < this.#floor) this.#floor = least;
    }
  }
}

const highestFloor = fromDecibels(HIGHEST_FLOOR_DB);

/** Level of a μ-law frame in dB of full scale (a full-scale square wave is 0); silence is about -90. */
export function levelOf(frame: Uint8Array): number {
  return toDecibels(meanPower(frame));
}

function meanPower(frame: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < frame.length; i++) sum += power[frame[i] as number] as number;
  return sum / frame.length;
}

function fromDecibels(db: number): number {
  return 10 ** (db / 10);
}

function toDecibels(share: number): number {
  return 10 * Math.log10(Math.max(share, 1e-9));
}

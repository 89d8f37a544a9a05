import { BYTES_PER_MS, SILENCE } from "../../src/audio/audio-format.ts";
import { decodeMulaw } from "../../src/audio/mulaw.ts";
import type { RecordingTarget } from "../../src/calls/recordings.ts";

/** A recording that is kept in memory, as the samples of both sides. */
export class KeptRecording implements RecordingTarget {
  readonly #blocks: Uint8Array[] = [];
  ended = false;

  write(pcm: Uint8Array): void {
    this.#blocks.push(pcm);
  }

  end(): void {
    this.ended = true;
  }

  get caller(): Int16Array {
    return this.#side(0);
  }

  get agent(): Int16Array {
    return this.#side(1);
  }

  #side(side: 0 | 1): Int16Array {
    const bytes = Buffer.concat(this.#blocks);
    return Int16Array.from({ length: bytes.length / 4 }, (_, index) =>
      bytes.readInt16LE(index * 4 + side * 2),
    );
  }
}

/** Pieces of μ-law at their times, in ms, and silence around them: so many samples. */
export function laidOut(
  pieces: readonly { readonly start: number; readonly mulaw: Uint8Array }[],
  length: number,
): Int16Array {
  const all = new Uint8Array(length).fill(SILENCE);
  for (const { start, mulaw } of pieces) {
    const at = Math.min(length, Math.round(start * BYTES_PER_MS));
    all.set(mulaw.subarray(0, length - at), at);
  }
  return decodeMulaw(all);
}

/** The first sample that differs; -1 when none does. */
export function firstDifference(one: Int16Array, other: Int16Array): number {
  return one.findIndex((sample, index) => sample !== other[index]);
}

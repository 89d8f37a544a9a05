import { FRAME_BYTES } from "./audio-format.ts";

/**
 * Cuts chunks of μ-law of any size into 20 ms frames, in order, without losing a byte.
 *
 * A frame that lies whole within a chunk is a view of that chunk; one that spans chunks is the framer's
 * own buffer, overwritten by the next. Either is valid only until the callback returns: copy it to keep it.
 */
export class Framer {
  readonly #rest = new Uint8Array(FRAME_BYTES);
  readonly #onFrame: (frame: Uint8Array) => void;
  #held = 0;

  constructor(onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  /** Bytes waiting for the rest of their frame: 0 to 159. */
  get held(): number {
    return this.#held;
  }

  push(chunk: Uint8Array): void {
    if (this.#held === 0 && chunk.length === FRAME_BYTES) {
      this.#onFrame(chunk);
      return;
    }
    let at = this.#held > 0 ? this.#complete(chunk) : 0;
    for (; chunk.length - at >= FRAME_BYTES; at += FRAME_BYTES) {
      this.#onFrame(chunk.subarray(at, at + FRAME_BYTES));
    }
    for (; at < chunk.length; at++) this.#rest[this.#held++] = chunk[at] as number;
  }

  /** Gives what waits as one frame, filled up with `fill`; does nothing when nothing waits. */
  flush(fill: number): void {
    if (this.#held === 0) return;
    this.#rest.fill(fill, this.#held);
    this.#held = 0;
    this.#onFrame(this.#rest);
  }

  /** Fills the frame begun by earlier chunks; answers how much of the chunk that took. */
  #complete(chunk: Uint8Array): number {
    const taken = Math.min(FRAME_BYTES - this.#held, chunk.length);
    for (let i = 0; i < taken; i++) this.#rest[this.#held++] = chunk[i] as number;
    if (this.#held === FRAME_BYTES) {
      this.#held = 0;
      this.#onFrame(this.#rest);
    }
    return taken;
  }
}

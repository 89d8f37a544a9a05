/** Audio that comes later than expected by more than this was never sent: a gap and not a delay. In ms. */
const GAP = 500;
/** Of a shorter delay so many ms are believed with each frame: were it a gap, it is made up for within seconds. */
const DOUBT = 1;

/**
 * When the frames of a stream began to be spoken, told from when they arrive. A frame cannot have begun later than
 * it could be here, but the network, or a busy machine, may hold several back and let them go at once: those that
 * come late do not move the ones after them. Times are ms of one clock.
 */
export class FrameTimes {
  #next: number | undefined;

  /** Audio has arrived of which the next frame can have begun so late at most. */
  arrived(latest: number): void {
    const expected = this.#next ?? latest;
    const late = latest - expected;
    this.#next = late > GAP ? latest : expected + Math.min(late, DOUBT);
  }

  /** A frame of so many ms, the next one, is over. Answers when it began. */
  passed(length: number): number {
    const began = this.#next ?? 0;
    this.#next = began + length;
    return began;
  }
}

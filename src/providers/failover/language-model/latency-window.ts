/** The last times that something took, of which percentiles are asked. */
export class LatencyWindow {
  readonly #times: number[] = [];
  #next = 0;

  /** @param time in ms; takes the place of the oldest once there are {@link MOST}. */
  add(time: number): void {
    this.#times[this.#next] = time;
    this.#next = (this.#next + 1) % MOST;
  }

  /**
   * The time, in ms, within which so many percent of them lay (nearest rank); undefined while there are fewer than
   * {@link LEAST}.
   * @param percent above 0, 100 at most.
   */
  percentile(percent: number): number | undefined {
    if (this.#times.length < LEAST) return undefined;
    const rank = Math.ceil((percent / 100) * this.#times.length);
    return this.#times.toSorted((a, b) => a - b)[rank - 1];
  }
}

const MOST = 200;
/** Of fewer times a percentile says nothing. */
const LEAST = 20;

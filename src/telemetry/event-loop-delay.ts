import { monitorEventLoopDelay } from "node:perf_hooks";

/** How often the loop is asked, in ms: one frame, and a cost that no benchmark shows. */
const RESOLUTION = 20;

/** How long the event loop kept a timer waiting, in seconds, since it was last read. */
export interface EventLoopDelays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Measures the event loop's delay. `read` begins a new period, so one reader (the scrape) owns it. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION });

  start(): void {
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram.disable();
  }

  read(): EventLoopDelays {
    const delays =
      this.#histogram.count === 0
        ? { p50: 0, p99: 0, max: 0 }
        : {
            p50: delayOf(this.#histogram.percentile(50)),
            p99: delayOf(this.#histogram.percentile(99)),
            max: delayOf(this.#histogram.max),
          };
    this.#histogram.reset();
    return delays;
  }
}

/** Node records the time between two timers, in ns; the delay is what goes beyond the interval asked for. */
function delayOf(interval: number): number {
  return Math.max(0, interval / 1e9 - RESOLUTION / 1000);
}

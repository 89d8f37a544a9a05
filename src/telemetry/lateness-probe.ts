import type { Cancel, Clock } from "../runtime/clock.ts";
import type { EventLoopDelay } from "./event-loop-delay.ts";

/** How often the event loop's delay is read, in ms. */
const EVERY = 1_000;

/** Tells every second how late the event loop was. */
export class LatenessProbe {
  readonly #delay: Pick<EventLoopDelay, "start" | "stop" | "read">;
  readonly #clock: Clock;
  readonly #onReading: (lateness: number) => void;
  #cancel: Cancel | undefined;

  /** @param delay read by nobody else. @param onReading gets the 99th percentile of the second, in ms. */
  constructor(
    clock: Clock,
    delay: Pick<EventLoopDelay, "start" | "stop" | "read">,
    onReading: (lateness: number) => void,
  ) {
    this.#delay = delay;
    this.#clock = clock;
    this.#onReading = onReading;
  }

  start(): void {
    this.#delay.start();
    this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#delay.stop();
  }

  #arm(): void {
    this.#cancel = this.#clock.after(EVERY, () => {
      this.#onReading(this.#delay.read().p99 * 1_000);
      this.#arm();
    });
  }
}

import { type BreakerState, CircuitBreaker } from "./circuit-breaker.ts";
import type { Clock } from "./clock.ts";

/** One breaker's name and state, for metrics and `/ready`. */
export interface BreakerReport {
  readonly name: string;
  readonly state: BreakerState;
}

/** The breakers of a process, by the name of what they guard; made when first asked for. */
export class CircuitBreakers {
  readonly #clock: Clock;
  readonly #onChange: (report: BreakerReport) => void;
  readonly #breakers = new Map<string, CircuitBreaker>();

  /** @param onChange hears of every breaker that opens or closes; must not throw. */
  constructor(clock: Clock, onChange: (report: BreakerReport) => void = () => {}) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** As {@link CircuitBreaker.admits}. */
  admits(name: string): boolean {
    return this.#of(name).admits(this.#clock.now());
  }

  /** Tells an outcome. */
  tell(name: string, outcome: "succeeded" | "failed"): void {
    const breaker = this.#of(name);
    const now = this.#clock.now();
    const before = breaker.state(now);
    breaker[outcome](now);
    const state = breaker.state(now);
    if (state !== before) this.#onChange({ name, state });
  }

  /** All that were ever asked for, in that order. */
  get reports(): readonly BreakerReport[] {
    const now = this.#clock.now();
    return Array.from(this.#breakers, ([name, breaker]) => ({ name, state: breaker.state(now) }));
  }

  #of(name: string): CircuitBreaker {
    const known = this.#breakers.get(name);
    if (known !== undefined) return known;
    const breaker = new CircuitBreaker();
    this.#breakers.set(name, breaker);
    return breaker;
  }
}

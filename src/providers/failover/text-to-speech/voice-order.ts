import type { CircuitBreakers } from "../../../runtime/circuit-breakers.ts";
import type { Clock } from "../../../runtime/clock.ts";

/**
 * Which voice of a list one call speaks with. A call that had to leave a voice stays with the one that took over
 * for a while, longer each time, and comes back between two utterances: a voice that changes once is unpleasant,
 * one that changes with every reply is worse. A voice whose breaker is open is passed over; the last of the list
 * is always asked.
 */
export class VoiceOrder {
  readonly #names: readonly string[];
  readonly #breakers: Pick<CircuitBreakers, "admits">;
  readonly #clock: Clock;
  readonly #rests: { until: number; next: number }[];

  constructor(names: readonly string[], breakers: Pick<CircuitBreakers, "admits">, clock: Clock) {
    this.#names = names;
    this.#breakers = breakers;
    this.#clock = clock;
    this.#rests = names.map(() => ({ until: 0, next: FIRST_REST }));
  }

  /** The voice for the next utterance. */
  first(): number {
    return this.#from(0) as number;
  }

  /**
   * Who takes over from this voice in an utterance that has tried some already; undefined: nobody. Behind the last
   * come those that were passed over because the call stays away from them.
   */
  after(voice: number, tried: ReadonlySet<number>): number | undefined {
    const next = this.#from(voice + 1);
    if (next !== undefined && !tried.has(next)) return next;
    const left = this.#names.findIndex((name, index) => !tried.has(index) && this.#breakers.admits(name));
    return left < 0 ? undefined : left;
  }

  isLast(voice: number): boolean {
    return voice >= this.#names.length - 1;
  }

  /** Whether the voice may be asked once more, on another connection. */
  again(voice: number): boolean {
    return this.isLast(voice) || this.#breakers.admits(this.#names[voice] ?? "");
  }

  /** The call could not go on with this voice. */
  left(voice: number): void {
    const rest = this.#rests[voice];
    const now = this.#clock.now();
    if (rest === undefined || now < rest.until) return; // told by an utterance that was begun before
    rest.until = now + rest.next;
    rest.next = Math.min(LONGEST_REST, rest.next * 2);
  }

  /** The voice has spoken an utterance to its end. */
  kept(voice: number): void {
    const rest = this.#rests[voice];
    if (rest !== undefined) rest.next = FIRST_REST;
  }

  #from(from: number): number | undefined {
    const now = this.#clock.now();
    for (let voice = from; voice < this.#names.length; voice++) {
      if (this.isLast(voice)) return voice;
      if (now >= (this.#rests[voice]?.until ?? 0) && this.#breakers.admits(this.#names[voice] ?? ""))
        return voice;
    }
    return undefined;
  }
}

/** How long a call stays away from a voice that it had to leave, in ms; doubled each time until it speaks again. */
const FIRST_REST = 30_000;
const LONGEST_REST = 300_000;

import { dtmfTones } from "../audio/dtmf-tones.ts";
import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { sleep } from "../runtime/sleep.ts";
import type { CallerLine } from "./caller-line.ts";
import { type CollectedDigits, DigitCollector, type DigitRequest } from "./digit-collector.ts";

export interface KeypadLineOptions {
  readonly clock: Clock;
  /** From now on (not) only keys are listened to; `secret`: nothing of them may be kept. */
  readonly collecting: (on: boolean, secret: boolean) => void;
  /** A key was pressed that is no secret. */
  readonly pressed: (digit: string) => void;
  /** Audio that the caller has still to hear, in ms. */
  readonly pending: () => number;
  /** Nothing of the caller's sound may be kept for so many ms from now. */
  readonly conceal: (ms: number) => void;
  readonly play: (tones: Uint8Array) => void;
}

/** The caller's keypad, and the far side's. */
export class KeypadLine implements CallerLine {
  readonly #options: KeypadLineOptions;
  readonly #collector: DigitCollector;
  #secret = false;
  /** Keys of a secret that was broken off are nobody's until then. */
  #swallowUntil = 0;

  constructor(options: KeypadLineOptions) {
    this.#options = options;
    this.#collector = new DigitCollector(options.clock);
  }

  /** Whether the key was asked for, and so is no turn of the caller's. */
  takes(digit: string): boolean {
    const at = this.#options.clock.now();
    if (!this.#collector.active) {
      if (at >= this.#swallowUntil) return false;
      this.#swallowRest(at);
      return true;
    }
    if (!this.#secret) this.#options.pressed(digit);
    this.#collector.press(digit);
    return true;
  }

  /** Throws `CONFLICT` when keys are being collected already. */
  async collectDigits(
    request: DigitRequest & { readonly secret: boolean },
    signal: AbortSignal,
  ): Promise<CollectedDigits> {
    if (this.#collector.active)
      throw new GatewayError("CONFLICT", "Keys are already being collected: ask for one number at a time.");
    const { clock, collecting, conceal, pending } = this.#options;
    this.#secret = request.secret;
    collecting(true, request.secret);
    if (request.secret) conceal(Number.POSITIVE_INFINITY);
    const collected = this.#collector.collect(request, signal);
    // The caller is still being asked for them.
    while (pending() > 0 && this.#collector.active && !signal.aborted) {
      this.#collector.wait();
      await sleep(clock, Math.min(pending(), LOOK_AGAIN), signal);
    }
    const { digits, ended } = await collected;
    if (request.secret) conceal(LAST_TONE);
    if (request.secret && ended === "cancelled") this.#swallowRest(clock.now());
    collecting(false, request.secret);
    return { digits, ended };
  }

  #swallowRest(at: number): void {
    this.#swallowUntil = at + REST_OF_SECRET;
    this.#options.conceal(REST_OF_SECRET);
  }

  sendDigits(keys: string): void {
    this.#options.play(dtmfTones(keys));
  }
}

/** Between two keys of somebody who does not know yet that nobody listens, in ms. */
const REST_OF_SECRET = 3_000;
/** How long a key may sound on after the carrier has told it, in ms. */
const LAST_TONE = 500;
const LOOK_AGAIN = 250;

import { dtmfTones } from "../audio/dtmf-tones.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CallerLine } from "./caller-line.ts";
import { type CollectedDigits, DigitCollector, type DigitRequest } from "./digit-collector.ts";

export interface KeypadLineOptions {
  readonly clock: Clock;
  /** From now on (not) only keys are listened to; `secret`: nothing of them may be kept. */
  readonly collecting: (on: boolean, secret: boolean) => void;
  /** A key was pressed that is no secret. */
  readonly pressed: (digit: string) => void;
  readonly play: (tones: Uint8Array) => void;
}

/** The caller's keypad, and the far side's. */
export class KeypadLine implements CallerLine {
  readonly #options: KeypadLineOptions;
  readonly #collector: DigitCollector;
  #secret = false;

  constructor(options: KeypadLineOptions) {
    this.#options = options;
    this.#collector = new DigitCollector(options.clock);
  }

  /** Whether the key was asked for, and so is no turn of the caller's. */
  takes(digit: string): boolean {
    if (!this.#collector.active) return false;
    if (!this.#secret) this.#options.pressed(digit);
    this.#collector.press(digit);
    return true;
  }

  async collectDigits(
    request: DigitRequest & { readonly secret: boolean },
    signal: AbortSignal,
  ): Promise<CollectedDigits> {
    this.#secret = request.secret;
    this.#options.collecting(true, request.secret);
    const collected = await this.#collector.collect(request, signal);
    this.#options.collecting(false, request.secret);
    return collected;
  }

  sendDigits(keys: string): void {
    this.#options.play(dtmfTones(keys));
  }
}

import { GatewayError } from "../runtime/errors.ts";
import type { CollectedDigits, DigitRequest } from "./digit-collector.ts";

/** What a tool can ask of the caller's line. */
export interface CallerLine {
  /**
   * Waits for keys. Nothing else of the caller is listened to meanwhile; when the keys are `secret`, the
   * recogniser gets silence and no event tells them.
   */
  collectDigits(
    request: DigitRequest & { readonly secret: boolean },
    signal: AbortSignal,
  ): Promise<CollectedDigits>;
  /** Plays the tones of these keys to the far side, behind what was said so far. */
  sendDigits(keys: string): void;
}

/** The line of a conversation in which keys go to the model itself. */
export const noKeypad: CallerLine = {
  collectDigits: () =>
    Promise.reject(unsuited("Keys cannot be collected in this mode; ask for them in words.")),
  sendDigits() {
    throw unsuited("Keys cannot be sent in this mode.");
  },
};

function unsuited(message: string): GatewayError {
  return new GatewayError("BAD_REQUEST", message);
}

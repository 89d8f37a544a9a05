import type { Clock } from "./clock.ts";
import { GatewayError } from "./errors.ts";

/**
 * A signal that aborts with `PROVIDER_TIMEOUT` after `ms`, or with its parent. `done()` must be called:
 * it disarms the timer, and from then on only the parent aborts.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  done(): void;
}

export function deadline(clock: Clock, ms: number, what: string, parent?: AbortSignal): Deadline {
  const expiry = new AbortController();
  const cancel = clock.after(ms, () =>
    expiry.abort(new GatewayError("PROVIDER_TIMEOUT", `${what} took longer than ${ms} ms`)),
  );
  const signal = parent === undefined ? expiry.signal : AbortSignal.any([parent, expiry.signal]);
  return { signal, done: cancel };
}

import type { Clock } from "../runtime/clock.ts";
import { deadline } from "../runtime/deadline.ts";

/**
 * What `run` resolves to, or `PROVIDER_TIMEOUT` when that takes longer than `ms`, whether or not `run` heeds its
 * signal: the vendors' packages end their own timeouts at the response's headers.
 */
export async function withinLimit<Result>(
  clock: Clock,
  ms: number,
  what: string,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { signal, done } = deadline(clock, ms, what);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([run(signal), late]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    done();
  }
}

/**
 * For the timeout of a vendor's package, in ms: after the limit, which tells better what happened. Packages leave it
 * armed when a connection fails, so it should not be much later.
 */
export function packageTimeout(limit: number): number {
  return limit + 1_000;
}

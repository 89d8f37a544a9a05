import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from "@fastify/rate-limit";
import type { Clock } from "../../runtime/clock.ts";

interface Window {
  count: number;
  /** Monotonic ms. */
  readonly endsAt: number;
}

/** Clients that are counted at one time; beyond it the one that was silent longest begins anew. */
const MOST_CLIENTS = 10_000;

/** The store of `@fastify/rate-limit` for one process, on our clock: a window begins with a client's first request. */
export function rateWindowsOn(clock: Clock): FastifyRateLimitStoreCtor {
  return class RateWindows implements FastifyRateLimitStore {
    readonly #windows = new Map<string, Window>();

    incr(
      client: string,
      callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
      length: number,
    ): void {
      const now = clock.now();
      const known = this.#windows.get(client);
      const window = known !== undefined && known.endsAt > now ? known : { count: 0, endsAt: now + length };
      window.count += 1;
      this.#windows.delete(client); // so that the order of the keys is that of the last requests
      this.#windows.set(client, window);
      const [silent] = this.#windows.keys();
      if (this.#windows.size > MOST_CLIENTS && silent !== undefined) this.#windows.delete(silent);
      callback(null, { current: window.count, ttl: window.endsAt - now });
    }

    child(): RateWindows {
      return new RateWindows();
    }
  };
}

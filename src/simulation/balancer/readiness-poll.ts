import { request } from "node:http";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import type { BackendPool, BackendState } from "./backend-pool.ts";

/** As operators are told to ask (`docs/operations.md`): a full house drains nobody. */
const QUESTION = "/ready?for=balancer";

/** One question may take so long, in ms; then nobody answers. */
const ANSWER_LIMIT = 1_000;

/** Asks every backend again and again whether it is to get requests, and tells the pool. */
export class ReadinessPoll {
  readonly #clock: Clock;
  readonly #pool: BackendPool;
  readonly #every: number;
  readonly #closing = new AbortController();
  #cancel: Cancel = () => undefined;

  /** @param every from one round's end to the next, in ms. */
  constructor(clock: Clock, pool: BackendPool, every: number) {
    this.#clock = clock;
    this.#pool = pool;
    this.#every = every;
  }

  /** Resolves after the first round; further ones follow until it is stopped. */
  async start(): Promise<void> {
    const { signal } = this.#closing;
    const asked = this.#pool.origins.map(async (origin) => {
      const state = await readiness(origin, this.#clock, signal);
      if (!signal.aborted) this.#pool.tell(origin, state);
    });
    await Promise.all(asked);
    if (!signal.aborted) this.#cancel = this.#clock.after(this.#every, () => void this.start());
  }

  stop(): void {
    this.#cancel();
    this.#closing.abort();
  }
}

/** Each question on a connection of its own: a kept one would tell of a process that is no more. */
function readiness(origin: string, clock: Clock, signal: AbortSignal): Promise<BackendState> {
  return new Promise((resolve) => {
    const asking = request(origin + QUESTION, { agent: false, signal });
    const cancel = clock.after(ANSWER_LIMIT, () => asking.destroy());
    const settle = (state: BackendState): void => {
      cancel();
      resolve(state);
    };
    asking.on("response", (response) => {
      response.resume();
      response.on("error", () => undefined);
      settle(response.statusCode === 200 ? "ready" : "unready");
    });
    asking.on("error", () => settle("down"));
    asking.on("close", () => settle("down"));
    asking.end();
  });
}

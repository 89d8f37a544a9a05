import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { HandOver } from "./hand-over.ts";

export interface DrainOptions {
  readonly registry: CallRegistry;
  readonly handOver: HandOver;
  /** Tells other processes that this one takes no calls any more, and learns whether another one does. Never rejects. */
  readonly leaveCallsToOthers: () => Promise<void>;
  /** Whether somebody is there who would go on with the calls. */
  readonly mayHandOver: () => boolean;
  /** Says goodbye in all calls that are left. */
  readonly dismiss: () => void;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Takes no new calls, and lets the live ones end by themselves, or gives them away; those that are left shortly before
 * the end of `limit` (ms) hear a goodbye. Resolves when no call is left, or after the limit.
 */
export async function drain(options: DrainOptions, limit: number): Promise<void> {
  const { registry, handOver, leaveCallsToOthers, mayHandOver, dismiss, clock, onError } = options;
  registry.drain();
  const end = clock.now() + limit;
  const goodbye = end - Math.min(limit, GOODBYE);
  const never = new AbortController().signal;
  const noticed = clock.now() + Math.min(limit, NOTICED);
  let stayUntil = clock.now();
  // Neither is waited for: a store that does not answer must not cost the callers their goodbye.
  const ask = oneAtATime(leaveCallsToOthers);
  const give = oneAtATime(async () => {
    if ((await given(handOver, onError)) > 0) stayUntil = clock.now() + STAY;
  });
  ask();
  let askAt = clock.now() + ASK_EVERY;
  while (registry.liveCount > 0 && clock.now() < goodbye) {
    if (clock.now() >= askAt) {
      askAt = clock.now() + ASK_EVERY;
      ask();
    }
    if (clock.now() >= noticed && mayHandOver()) give();
    await sleep(clock, LOOK_EVERY, never);
  }
  if (registry.liveCount > 0 && limit > 0) dismiss();
  const over = (): boolean => registry.liveCount === 0 && clock.now() >= stayUntil;
  while (!over() && clock.now() < end) await sleep(clock, LOOK_EVERY, never);
}

/** Begins it, unless it is still under way. */
function oneAtATime(run: () => Promise<void>): () => void {
  let underWay = false;
  return () => {
    if (underWay) return;
    underWay = true;
    void run().finally(() => {
      underWay = false;
    });
  };
}

async function given(handOver: HandOver, onError: (error: unknown) => void): Promise<number> {
  try {
    return await handOver.round();
  } catch (error) {
    onError(error);
    return 0;
  }
}

/** Until a balancer that asks every second has noticed, in ms: a call given away before could come straight back. */
const NOTICED = 1_000;
/** So long after a call was given away the carrier may still come here with it, in ms, and is sent on. */
const STAY = 2_000;
/** How long a goodbye may take, in ms. */
const GOODBYE = 6_000;
/** Between two looks for others, and for quiet moments, in ms. */
const ASK_EVERY = 1_000;
const LOOK_EVERY = 50;

import { afterEach, expect } from "vitest";
import type { ManualClock } from "../../src/runtime/manual-clock.ts";

/** What a test opens and must not leave open. */
interface Closable {
  close(): Promise<void> | void;
}

/** Keeps what a test opens, and closes it after the test, the last first; no timer of the clock may be left then. */
export function keeping(clock: () => ManualClock): <One extends Closable>(one: One) => One {
  const open: Closable[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    expect(clock().armed, "timers left behind").toBe(0);
  });
  return (one) => {
    open.push(one);
    return one;
  };
}

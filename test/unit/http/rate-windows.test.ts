import { expect, it } from "vitest";
import { rateWindowsOn } from "../../../src/http/plugins/rate-windows.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

function windows() {
  const clock = new ManualClock();
  const store = new (rateWindowsOn(clock))({});
  const count = (client: string, from = store) => {
    let answer: { current: number; ttl: number } | undefined;
    from.incr(client, (_error, result) => (answer = result), 60_000, 10);
    return answer;
  };
  return { clock, store, count };
}

it("counts each client from its first request on", () => {
  const { clock, count } = windows();
  expect(count("a")).toEqual({ current: 1, ttl: 60_000 });
  clock.advanceTo(15_000);
  expect(count("a")).toEqual({ current: 2, ttl: 45_000 });
  expect(count("b")).toEqual({ current: 1, ttl: 60_000 });
  clock.advanceTo(60_000);
  expect(count("a")).toEqual({ current: 1, ttl: 60_000 });
  expect(count("b")).toEqual({ current: 2, ttl: 15_000 });
});

it("counts each group apart", () => {
  const { store, count } = windows();
  count("a");
  expect(count("a", store.child({} as never))).toMatchObject({ current: 1 });
});

it("forgets the client that was silent longest, beyond 10,000 of them", () => {
  const { count } = windows();
  count("silent");
  count("busy");
  for (let i = 0; i < 9_998; i++) count(`client ${i}`);
  count("busy");
  count("one more");
  expect(count("busy")).toMatchObject({ current: 3 });
  expect(count("silent")).toMatchObject({ current: 1 });
});

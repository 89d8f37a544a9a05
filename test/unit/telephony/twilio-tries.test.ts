import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { Tries, twilioLimits } from "../../../src/telephony/twilio-tries.ts";

const never = new AbortController().signal;

function tries() {
  const clock = new ManualClock();
  return { clock, tries: new Tries({ clock, limits: twilioLimits, random: () => 1 }) };
}

/** When the next try may begin, undefined when there is none. */
async function next({ clock, tries: all }: ReturnType<typeof tries>, retryAfter?: number, signal = never) {
  let may: boolean | undefined;
  void all.next(retryAfter, signal).then((answer) => {
    may = answer;
  });
  await clock.settleTo(clock.now());
  if (may === undefined) await clock.settleTo(clock.nextDue ?? 0);
  return may === true ? clock.now() : undefined;
}

describe("Tries", () => {
  it("are four, further and further apart", async () => {
    const all = tries();
    expect([await next(all), await next(all), await next(all), await next(all)]).toEqual([
      500,
      1_500,
      3_500,
      undefined,
    ]);
  });

  it("wait for as long as the service asks", async () => {
    const all = tries();
    expect([await next(all, 3_000), await next(all, 100)]).toEqual([3_000, 4_000]);
  });

  it("end when the time is too short for another", async () => {
    const all = tries();
    expect(await next(all, 18_000)).toBeUndefined();
    const late = tries();
    late.clock.advanceTo(16_000);
    expect(late.tries.left).toBe(4_000);
    expect(late.tries.requestLimit).toBe(4_000);
    expect(await next(late)).toBe(16_500);
    late.clock.advanceTo(30_000);
    expect([late.tries.left, await next(late)]).toEqual([0, undefined]);
  });

  it("end with the signal", async () => {
    const all = tries();
    const abort = new AbortController();
    const may = all.tries.next(undefined, abort.signal);
    abort.abort();
    expect(await may).toBe(false);
    expect(all.clock.armed).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { ReplyDeadlines } from "../../../../src/providers/openai/reply-deadlines.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";

function armed(total = 60_000) {
  const clock = new ManualClock();
  const parent = new AbortController();
  return { clock, parent, deadlines: new ReplyDeadlines(clock, total, parent.signal) };
}

describe("ReplyDeadlines", () => {
  it("aborts when what is expected does not come", () => {
    const { clock, deadlines } = armed();
    deadlines.expect("first token", 5_000);
    clock.advanceTo(4_999);
    expect(deadlines.signal.aborted).toBe(false);
    clock.advanceTo(5_000);
    expect(deadlines.signal.aborted).toBe(true);
    expect(deadlines.expired).toMatchObject({
      code: "PROVIDER_TIMEOUT",
      message: "openai: no first token for 5000 ms",
    });
  });

  it("counts from the last expectation, and not at all while paused", () => {
    const { clock, deadlines } = armed();
    deadlines.expect("first token", 5_000);
    clock.advanceTo(4_000);
    deadlines.expect("token", 3_000);
    clock.advanceTo(6_999);
    deadlines.pause();
    clock.advanceTo(30_000);
    expect(deadlines.expired).toBeUndefined();
  });

  it("bounds the whole, whatever comes in between", () => {
    const { clock, deadlines } = armed(1_000);
    deadlines.pause();
    clock.advanceTo(1_000);
    expect(deadlines.expired?.code).toBe("PROVIDER_TIMEOUT");
  });

  it("aborts with its parent, which is no deadline", () => {
    const { parent, deadlines } = armed();
    parent.abort();
    expect(deadlines.signal.aborted).toBe(true);
    expect(deadlines.expired).toBeUndefined();
  });

  it("leaves no timer when it is done", () => {
    const { clock, deadlines } = armed();
    deadlines.expect("token", 3_000);
    deadlines.done();
    expect(clock.armed).toBe(0);
  });
});

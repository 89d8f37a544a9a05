import { describe, expect, it } from "vitest";
import type { CallEvent, CallFact } from "../../../src/calls/call-event.ts";
import { CallUsageFold } from "../../../src/calls/call-usage.ts";

function told(listens: boolean, ...facts: readonly (readonly [at: number, fact: CallFact])[]): CallUsageFold {
  const fold = new CallUsageFold(listens);
  for (const [at, fact] of facts) fold.apply({ sessionId: 1, at, ...fact } as CallEvent);
  return fold;
}

const started: CallFact = { type: "media-started", streamId: "MZ1" };
const lost: CallFact = { type: "media-lost" };
const ended: CallFact = { type: "call-ended", reason: "caller-hung-up", status: "completed" };

describe("what a call uses of its recogniser", () => {
  it("is the time of its media streams, without what is between them", () => {
    const fold = told(true, [0, started], [10_000, lost], [15_000, started], [20_000, ended]);
    expect(fold.state(99_000).stt).toBe(15_000);
  });

  it("goes on from what another process has counted, and is nothing where nobody listens", () => {
    const before = told(true, [0, started], [4_000, lost]).state(9_000);
    expect(before.stt).toBe(4_000);
    const fold = new CallUsageFold(true, before);
    fold.apply({ sessionId: 1, at: 10_000, ...started } as CallEvent);
    expect(fold.state(11_000).stt).toBe(5_000);
    expect(told(false, [0, started]).state(9_000).stt).toBe(0);
  });
});

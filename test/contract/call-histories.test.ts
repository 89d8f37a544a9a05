import { afterEach, describe, expect, it } from "vitest";
import type { CallHistory } from "../../src/calls/call-history.ts";
import { type DeskFixture, type DeskOptions, openDesk, start } from "../support/call-desk.ts";
import { aCall, aStoredCall } from "../support/calls.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function desk(options: DeskOptions = { histories: true }): Promise<DeskFixture> {
  const fixture = await openDesk(options);
  open.push(fixture.close);
  return fixture;
}

async function owed({ store }: DeskFixture) {
  const wall = Date.now() + 1_000;
  const taken = await store.deliveries.take({ owner: "test", wall, leaseUntil: wall, most: 10 });
  return taken.map(({ body }) => JSON.parse(body) as CallHistory);
}

describe("the history of a call", () => {
  it("is owed once its end is durable, once", async () => {
    const fixture = await desk();
    const { registry, desk: calls } = fixture;
    registry.admit(aCall({ sessionId: 5, createdAt: Date.now() }));
    registry.answer(5);
    await calls.recorder.flushed();
    expect(await owed(fixture)).toEqual([]);
    registry.end(5, "agent-goodbye");
    registry.note(5, "customer", "written down after the end");
    registry.answeredBy(5, "human");
    await calls.recorder.flushed();
    expect(await owed(fixture)).toMatchObject([
      { call_id: "call_5", status: "completed", termination_reason: null, outcomes: { notes: null } },
    ]);
  });

  it("is owed by the process that settles a call that another one has left", async () => {
    const fixture = await desk();
    const { store, desk: calls } = fixture;
    const createdAt = Date.now() - 60_000;
    const call = aStoredCall({
      sessionId: 9,
      status: "answered",
      sipCallId: "CA9",
      createdAt,
      answeredAt: createdAt,
    });
    const said = {
      id: 1,
      sessionId: 9,
      speaker: "customer",
      text: "Hello?",
      confidence: 1,
      final: true,
    } as const;
    await store.calls.beat("dead", createdAt);
    await store.calls.save({ calls: [call], entries: [{ ...said, timestamp: createdAt + 5_000 }] }, "dead");
    await start({ desk: calls });
    expect(await owed(fixture)).toMatchObject([
      {
        call_id: "call_9",
        status: "failed",
        termination_reason: "gateway-lost",
        duration_seconds: 5,
        metrics: { total_user_utterances: 1 },
        outcomes: { notes: expect.stringContaining("settled") },
      },
    ]);
    expect((await store.calls.call(9))?.endedAt).toBe(createdAt + 5_000);
  });

  it("is owed to nobody when nobody wants it", async () => {
    const fixture = await desk({});
    const { registry, store, desk: calls } = fixture;
    registry.admit(aCall({ sessionId: 5, createdAt: Date.now() }));
    registry.end(5, "caller-hung-up");
    await calls.recorder.flushed();
    expect(await store.deliveries.counts()).toEqual({ owed: 0, parked: 0 });
  });
});

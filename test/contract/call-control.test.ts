import { afterEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { type DeskFixture, type DeskOptions, eventually, openDesk, start } from "../support/call-desk.ts";
import { aStoredCall } from "../support/calls.ts";

const open: DeskFixture[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((fixture) => fixture.close()));
});

async function started(options: DeskOptions = {}): Promise<DeskFixture> {
  const fixture = await openDesk(options);
  open.push(fixture);
  await start(fixture);
  return fixture;
}

const order = { kind: "outbound", to: "+14155550100", metadata: { purpose: "follow_up" } } as const;

describe("an outbound call", () => {
  it("is written before the carrier hears of it, and has the carrier's id when it is acknowledged", async () => {
    const fixture = await started();
    let writtenAs: string | undefined;
    fixture.carrier.react = ({ sessionId }) => {
      writtenAs = fixture.registry.find(sessionId)?.status;
      return "takes";
    };
    const call = await fixture.desk.control.place(order);
    expect(writtenAs).toBe("initiating");
    expect(await fixture.store.calls.call(call.sessionId)).toEqual(call);
    expect(call).toMatchObject({
      status: "initiated",
      to: order.to,
      from: "+15005550006",
      sipCallId: [...fixture.carrier.calls.keys()][0],
      metadata: order.metadata,
    });
    expect(call.roomName).toMatch(/^outbound-14155550100-\d{14}$/);
  });

  it("has a room of its own when two are placed to one number at once", async () => {
    const { desk } = await started();
    const calls = await Promise.all([1, 2, 3].map(() => desk.control.place({ ...order, kind: "callback" })));
    expect(new Set(calls.map(({ roomName }) => roomName)).size).toBe(3);
    expect(calls[0]?.roomName).toMatch(/^callback-14155550100-\d{10}$/);
  });

  it("has failed when the carrier does not take it, and says why", async () => {
    const fixture = await started();
    fixture.carrier.react = () => new GatewayError("PROVIDER_TIMEOUT", "Connection timeout");
    await expect(fixture.desk.control.place(order)).rejects.toMatchObject({
      code: "CALL_NOT_PLACED",
      message: "Failed to create outbound call: Connection timeout",
    });
    await fixture.desk.recorder.flushed();
    const { calls } = await fixture.store.calls.calls({ offset: 0, limit: 1 });
    expect(calls).toMatchObject([{ status: "failed", endReason: "not-placed" }]);
  });

  it("is hung up when somebody ends it before the carrier has answered", async () => {
    const fixture = await started();
    fixture.carrier.react = ({ sessionId }) => {
      fixture.registry.end(sessionId, "ended-by-request");
      return "takes";
    };
    const call = await fixture.desk.control.place(order);
    expect(call.status).toBe("canceled");
    expect(fixture.carrier.hungUp).toEqual([call.sipCallId]);
  });

  it("is refused without a free line, and nothing is kept of it", async () => {
    const { desk, store } = await started({ maxCalls: 1 });
    await desk.control.place(order);
    await expect(desk.control.place(order)).rejects.toMatchObject({ code: "AT_CAPACITY" });
    expect((await store.calls.calls({ offset: 0, limit: 10 })).total).toBe(1);
  });
});

describe("answering and ending", () => {
  it("takes a simulated caller in, answers once for all, and hangs up", async () => {
    const { desk, line, store } = await started();
    const { sessionId, sipCallId, status, from, to } = await desk.control.receive("+14155550123");
    expect({ status, from, to }).toEqual({ status: "ringing", from: "+14155550123", to: "+15005550006" });
    expect(line.received).toEqual([sipCallId]);
    await desk.control.answer(sessionId);
    await desk.control.answer(sessionId);
    expect((await store.calls.call(sessionId))?.status).toBe("answered");
    expect(line.answered).toContain(sipCallId);
    const { duration } = await desk.control.end(sessionId);
    expect(await desk.control.end(sessionId)).toEqual({ duration });
    expect(await store.calls.call(sessionId)).toMatchObject({
      status: "completed",
      endReason: "ended-by-request",
    });
    await expect(desk.control.answer(sessionId)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("tells the carrier of an end that it does not know of, and not of its own", async () => {
    const { desk, carrier, registry } = await started();
    const ours = await desk.control.place(order);
    const theirs = await desk.control.place(order);
    await desk.control.end(ours.sessionId);
    registry.carrierReports(theirs.sessionId, "busy");
    await eventually(() => carrier.hungUp.length > 0, "the carrier is told");
    expect(carrier.hungUp).toEqual([ours.sipCallId]);
  });

  it("adds a transcript that came with the end, with all its lines, and the same again changes nothing", async () => {
    const { desk, store } = await started();
    const { sessionId } = await desk.control.place(order);
    await desk.control.end(sessionId, "Agent: Hello!\nCustomer: Not now.");
    await desk.control.end(sessionId, "Agent: Hello!\nCustomer: Not now.");
    await desk.control.end(sessionId, "Agent: Hello!\nCustomer: Call me later.");
    expect(
      (await store.calls.transcript(sessionId)).map(({ id, speaker, text }) => [id, speaker, text]),
    ).toEqual([
      [1, "ai_agent", "Hello!"],
      [2, "customer", "Not now."],
      [3, "ai_agent", "Hello!"],
      [4, "customer", "Call me later."],
    ]);
  });

  it("knows calls of former processes: they are over, and take a transcript still", async () => {
    const former = await started();
    const { sessionId } = await former.desk.control.place(order);
    await former.desk.control.end(sessionId, "Agent: Hello!");
    const next = await openDesk({ store: former.store });
    open.unshift(next);
    expect(await next.desk.directory.find(sessionId)).toMatchObject({ status: "canceled" });
    await expect(next.desk.control.answer(sessionId)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await next.desk.control.end(sessionId, "Customer: Bye.")).toEqual({ duration: 0 });
    expect(await next.desk.directory.transcript(sessionId)).toMatchObject([
      { id: 1 },
      { id: 2, text: "Bye." },
    ]);
  });

  it("does not end what another process has", async () => {
    const { desk, store } = await started();
    const sessionId = await store.calls.reserve("session", 1);
    await store.calls.save({ calls: [aStoredCall({ sessionId })], entries: [], milestones: [] }, "somebody");
    await expect(desk.control.end(sessionId, "Customer: Hi.")).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await store.calls.transcript(sessionId)).toEqual([]);
  });

  it("does not know other calls", async () => {
    const { desk } = await started();
    await expect(desk.control.end(99)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(desk.control.answer(99)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await desk.directory.transcript(99)).toBeUndefined();
  });
});

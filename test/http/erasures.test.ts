import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { anIncomingCall } from "../support/calls.ts";
import { callerSaid, FeedClient, type HttpFixture, httpFixture, listen } from "./http-fixture.ts";

const ANNA = "+14155550123";

let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture({}, { maxCalls: 10 });
});

afterEach(async () => {
  await fixture.close();
});

/** A call that has come in and goes on. */
function incoming(from: string, sipCallId: string): number {
  const answer = fixture.intake.incoming(anIncomingCall({ sipCallId, from }));
  if (answer.action !== "connect") throw new Error("the call was not taken in");
  const { sessionId } = answer.call;
  fixture.registry.claimMedia(sessionId);
  fixture.registry.publish(sessionId, callerSaid(1, "I am Anna.", true));
  return sessionId;
}

async function erase(phone_number: unknown) {
  const response = await fixture.app.inject({
    method: "POST",
    url: "/api/v1/erasures",
    payload: { phone_number },
  });
  return { status: response.statusCode, body: response.json() };
}

const nothing = { calls_erased: 0, customers_erased: 0, batch_rows_erased: 0, answers_erased: 0 };
const transcript = async (sessionId: number) =>
  (await fixture.app.inject(`/api/v1/calls/${sessionId}/transcript`)).statusCode;

describe("POST /api/v1/erasures", () => {
  it("erases what is kept of a number, here and in the store; again there is nothing left", async () => {
    const { registry, store } = fixture;
    const [hers, another] = [incoming(ANNA, "CA1"), incoming("+14155550199", "CA2")];
    registry.end(hers, "caller-hung-up");
    registry.end(another, "caller-hung-up");
    expect(await erase(ANNA)).toEqual({
      status: 200,
      body: { phone_number: ANNA, ...nothing, calls_erased: 1 },
    });
    expect(await erase(ANNA)).toEqual({ status: 200, body: { phone_number: ANNA, ...nothing } });
    expect(await transcript(hers)).toBe(404);
    expect(await transcript(another)).toBe(200);
    expect(registry.findBySipCallId("CA1")).toBeUndefined();
    expect(await store.calls.transcript(hers)).toEqual([]);
    const milestones = await store.calls.milestones(0, 100);
    expect(new Set(milestones.map(({ sessionId }) => sessionId))).toEqual(new Set([another]));
    expect(fixture.errors).toEqual([]);
  });

  it("cannot be undone by what comes late of the call", async () => {
    const { registry, desk, store } = fixture;
    const hers = incoming(ANNA, "CA1");
    registry.end(hers, "caller-hung-up");
    await erase(ANNA);
    registry.judged(hers, "negative");
    registry.note(hers, "customer", "I was Anna.");
    await desk.recorder.flushed();
    expect(await store.calls.call(hers)).toBeUndefined();
    expect(await store.calls.transcript(hers)).toEqual([]);
  });

  it("refuses while a call with the number goes on", async () => {
    const hers = incoming(ANNA, "CA1");
    expect(await erase(ANNA)).toEqual({
      status: 409,
      body: { detail: expect.stringContaining("ended"), code: "CONFLICT" },
    });
    expect(await transcript(hers)).toBe(200);
    fixture.registry.end(hers, "caller-hung-up");
    expect((await erase(ANNA)).body.calls_erased).toBe(1);
  });

  it("leaves a line in the log that does not say whose data it was", async () => {
    fixture.registry.end(incoming(ANNA, "CA1"), "caller-hung-up");
    await erase(ANNA);
    const log = fixture.log.join("");
    expect(log).toContain("erased on request");
    expect(log).not.toContain(ANNA.slice(1));
    expect(log).not.toContain("Anna");
  });

  it("leaves nothing to live feeds that go on from before", async () => {
    const origin = await listen(fixture);
    fixture.registry.end(incoming(ANNA, "CA1"), "caller-hung-up");
    await erase(ANNA);
    const another = incoming("+14155550199", "CA2");
    const feed = new FeedClient(`${origin}/ws/calls?last_event_id=0`);
    await feed.received(1);
    expect(feed.messages.map(({ session_id }) => session_id)).not.toContain(another - 1);
    feed.socket.close();
    await feed.closed();
  });

  it.each([undefined, "", "4155550123", "anonymous", 7])("answers 400 for %j", async (number) => {
    expect((await erase(number)).status).toBe(400);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture();
});

afterEach(async () => {
  await fixture.close();
});

async function report(fields: Record<string, string>, query = "") {
  const response = await fixture.app.inject({
    method: "POST",
    url: `/api/phone/status${query}`,
    payload: new URLSearchParams(fields).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  return response;
}

/** Takes the reports one after another; every one is answered with 204. */
async function reports(callSid: string, ...statuses: string[]): Promise<void> {
  for (const CallStatus of statuses) {
    const response = await report({ CallSid: callSid, CallStatus });
    expect(response.statusCode).toBe(204);
    expect(response.body).toBe("");
  }
}

/** A call of ours that the carrier has taken; the carrier's id of it. */
async function placed(): Promise<string> {
  const payload = { to_number: "+14155550100" };
  const response = await fixture.app.inject({ method: "POST", url: "/api/phone/outbound-call", payload });
  return response.json().call_sid;
}

function statusOf(callSid: string) {
  return fixture.registry.findBySipCallId(callSid)?.status;
}

describe("POST /api/phone/status", () => {
  it("follows a call of ours", async () => {
    const callSid = await placed();
    for (const [reported, status] of [
      ["initiated", "initiated"],
      ["ringing", "ringing"],
      ["in-progress", "answered"],
      ["completed", "completed"],
    ] as const) {
      await reports(callSid, reported);
      expect(statusOf(callSid)).toBe(status);
    }
  });

  it.each(["busy", "no-answer", "failed", "canceled"])(
    "ends a call that nobody answered with %s",
    async (status) => {
      const callSid = await placed();
      await reports(callSid, "ringing", status);
      expect(statusOf(callSid)).toBe(status);
    },
  );

  it("does not mind reports that come late, twice or in another order", async () => {
    const callSid = await placed();
    await reports(
      callSid,
      "in-progress",
      "ringing",
      "initiated",
      "queued",
      "in-progress",
      "busy",
      "no-answer",
    );
    expect(statusOf(callSid)).toBe("answered");
    fixture.clock.advanceTo(10_000);
    await reports(callSid, "completed");
    fixture.clock.advanceTo(20_000);
    await reports(callSid, "completed", "failed", "in-progress");
    expect(fixture.registry.findBySipCallId(callSid)).toMatchObject({
      status: "completed",
      endReason: "caller-hung-up",
      endedAt: fixture.clock.wall() - 10_000,
    });
  });

  it("learns of an answer from the duration when no report of it has come", async () => {
    const callSid = await placed();
    fixture.clock.advanceTo(60_000);
    await report({ CallSid: callSid, CallStatus: "completed", CallDuration: "45" });
    const status = await fixture.app.inject(`/api/phone/call-status/${callSid}`);
    expect(status.json()).toMatchObject({ status: "completed", duration_seconds: 45 });
  });

  it.each(["", "-1", "1e9", "x", "99999999"])("does not mind the duration %j", async (CallDuration) => {
    const callSid = await placed();
    expect((await report({ CallSid: callSid, CallStatus: "completed", CallDuration })).statusCode).toBe(204);
    expect(statusOf(callSid)).toBe("canceled");
  });

  it("keeps who has answered, by the verdict of the machine detection", async () => {
    const callSid = await placed();
    await report({ CallSid: callSid, AnsweredBy: "machine_start" });
    expect(fixture.registry.findBySipCallId(callSid)?.answeredBy).toBe("machine_start");
    expect(statusOf(callSid)).toBe("initiated");
  });

  it("ends an inbound call when the caller has hung up", async () => {
    liveCall(fixture, "CA1");
    await reports("CA1", "completed");
    expect(fixture.registry.findBySipCallId("CA1")).toMatchObject({
      status: "completed",
      endReason: "caller-hung-up",
    });
  });

  it.each(["", "exploded", "COMPLETED"])("ignores the status %j", async (status) => {
    liveCall(fixture, "CA1");
    await reports("CA1", status);
    expect(statusOf("CA1")).toBe("answered");
  });

  it("does not mind a call that it does not know", async () => {
    await reports("CA9", "completed");
    expect((await report({ CallSid: "CA9", CallStatus: "completed" }, "?session_id=77")).statusCode).toBe(
      204,
    );
  });

  it("refuses a request without CallSid", async () => {
    const response = await report({ CallStatus: "completed" });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ detail: "CallSid is required", code: "BAD_REQUEST" });
  });
});

describe("our own id in the URL", () => {
  it("finds a call whose id at the carrier has not come yet, and binds it", async () => {
    fixture.carrier.react = () => "hangs";
    const placing = fixture.app.inject({
      method: "POST",
      url: "/initiate",
      payload: { phone: "+14155550100" },
    });
    while (fixture.carrier.orders.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const sessionId = fixture.carrier.orders[0]?.sessionId ?? 0;
    await report({ CallSid: "CA1", CallStatus: "ringing" }, `?session_id=${sessionId}`);
    expect(fixture.registry.findBySipCallId("CA1")).toMatchObject({ status: "ringing", call: { sessionId } });
    fixture.desk.control.close();
    await placing;
  });

  it("does not hand the call of another id to a report", async () => {
    const sessionId = liveCall(fixture, "CA1");
    await report({ CallSid: "CA2", CallStatus: "completed" }, `?session_id=${sessionId}`);
    expect(fixture.registry.find(sessionId)).toMatchObject({
      status: "answered",
      call: { sipCallId: "CA1" },
    });
  });

  it("counts less than the carrier's: a call that lost its media goes on under another of ours", async () => {
    const lost = liveCall(fixture, "CA1");
    fixture.registry.end(lost, "media-lost");
    const found = liveCall(fixture, "CA1");
    await report({ CallSid: "CA1", CallStatus: "completed" }, `?session_id=${lost}`);
    expect(fixture.registry.find(found)?.status).toBe("completed");
  });
});

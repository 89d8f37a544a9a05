import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture();
});

afterEach(async () => {
  await fixture.close();
});

function order(payload: object, headers = {}) {
  return fixture.app.inject({ method: "POST", url: "/api/phone/outbound-call", payload, headers });
}

describe("POST /api/phone/outbound-call", () => {
  it("places a call and gives its ids", async () => {
    const response = await order({ to_number: "+14155550100", metadata: { purpose: "test" } });
    expect(response.statusCode).toBe(200);
    const [callSid] = fixture.carrier.calls.keys();
    expect(response.json()).toEqual({ call_sid: callSid, session_id: 1, status: "initiated" });
    expect(fixture.registry.find(1)?.call).toMatchObject({
      to: "+14155550100",
      metadata: { purpose: "test" },
    });
  });

  it("refuses a bad number", async () => {
    const response = await order({ to_number: "4155550100" });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ detail: "Invalid phone number format", code: "BAD_REQUEST" });
  });

  it("tells what the carrier says when it does not take the call", async () => {
    fixture.carrier.react = () => new GatewayError("PROVIDER_REFUSED", "No such number");
    const response = await order({ to_number: "+14155550100" });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      detail: "Failed to create outbound call: No such number",
      code: "CALL_NOT_PLACED",
    });
  });
});

describe("GET /api/phone/call-status/{call_sid}", () => {
  it("gives the call with its times, while it lives and afterwards", async () => {
    const sessionId = liveCall(fixture, "CA1");
    fixture.clock.advanceTo(12_900);
    const live = {
      call_sid: "CA1",
      session_id: sessionId,
      status: "answered",
      direction: "inbound",
      from_number: "+14155550100",
      to_number: "+15005550006",
      start_time: "2026-01-01T00:00:00.000Z",
      answer_time: "2026-01-01T00:00:00.000Z",
      end_time: null,
      duration_seconds: 12,
    };
    expect((await fixture.app.inject("/api/phone/call-status/CA1")).json()).toEqual(live);
    fixture.registry.end(sessionId, "caller-hung-up");
    fixture.clock.advanceTo(60_000);
    expect((await fixture.app.inject("/api/phone/call-status/CA1")).json()).toEqual({
      ...live,
      status: "completed",
      end_time: "2026-01-01T00:00:12.900Z",
    });
  });

  it("answers 404 for a call that nobody knows", async () => {
    const response = await fixture.app.inject("/api/phone/call-status/CA9");
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({ detail: "Call session not found", code: "NOT_FOUND" });
  });

  it("answers 400 for an id that can be none", async () => {
    expect((await fixture.app.inject(`/api/phone/call-status/${"x".repeat(65)}`)).statusCode).toBe(400);
  });
});

describe("GET /api/phone/active-calls", () => {
  it("lists the calls that the carrier has, as soon as they are there", async () => {
    liveCall(fixture, "CA1");
    const over = liveCall(fixture, "CA2");
    fixture.registry.end(over, "caller-hung-up");
    const response = await fixture.app.inject("/api/phone/active-calls");
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      active_calls: [expect.objectContaining({ call_sid: "CA1", status: "answered", end_time: null })],
      count: 1,
    });
  });

  it("leaves out calls that the carrier has not taken yet", async () => {
    fixture.carrier.react = () => "hangs";
    const placing = order({ to_number: "+14155550100" });
    while (fixture.carrier.orders.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const response = await fixture.app.inject("/api/phone/active-calls");
    expect(response.json()).toEqual({ active_calls: [], count: 0 });
    fixture.desk.control.close();
    expect((await placing).statusCode).toBe(500);
  });
});

it.each(["/api/phone/active-calls", "/api/phone/call-status/CA1"])("%s needs the key", async (url) => {
  await fixture.close();
  fixture = await httpFixture({ apiSecretKey: "k-1" });
  expect((await fixture.app.inject(url)).statusCode).toBe(401);
  expect((await fixture.app.inject({ url, headers: { authorization: "Bearer k-1" } })).statusCode).not.toBe(
    401,
  );
  expect((await order({ to_number: "+14155550100" })).statusCode).toBe(401);
});

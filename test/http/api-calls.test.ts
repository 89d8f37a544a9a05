import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

const api = "/api/v1/calls";
let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture({}, { maxCalls: 10 });
});

afterEach(async () => {
  await fixture.close();
});

function post(url: string, payload: object) {
  return fixture.app.inject({ method: "POST", url: api + url, payload });
}

async function get(url: string) {
  return (await fixture.app.inject(api + url)).json();
}

describe("POST /calls/outbound/create", () => {
  it("places the call as it was ordered", async () => {
    const response = await post("/outbound/create", {
      to_number: "+1234567890",
      from_number: "+15183171307",
      customer_id: 123,
      trunk_id: "ST_1",
      metadata: { purpose: "follow_up", tries: [1, { deep: null }] },
      play_ringtone: true,
      machine_detection: true,
    });
    expect(response.statusCode).toBe(200);
    const [sipCallId] = fixture.carrier.calls.keys();
    expect(response.json()).toEqual({
      success: true,
      sip_call_id: sipCallId,
      participant_id: expect.stringMatching(/^PA_/),
      room_name: "outbound-1234567890-20260101000000",
      to_number: "+1234567890",
      from_number: "+15183171307",
      status: "initiating",
      message: "Outbound call initiated to +1234567890",
    });
    expect(fixture.carrier.orders).toMatchObject([{ machineDetection: true, from: "+15183171307" }]);
    expect(await fixture.store.calls.call(1)).toMatchObject({
      customerId: 123,
      trunkId: "ST_1",
      metadata: { purpose: "follow_up", tries: [1, { deep: null }] },
    });
  });

  it("needs no more than a number, and takes null for what there is not", async () => {
    const response = await post("/outbound/create", {
      to_number: "+1234567890",
      customer_id: null,
      trunk_id: null,
    });
    expect(response.json()).toMatchObject({ success: true, from_number: "+15005550006" });
    expect(fixture.carrier.orders).toMatchObject([{ machineDetection: false }]);
    expect(await fixture.store.calls.call(1)).toMatchObject({
      customerId: null,
      trunkId: null,
      metadata: {},
    });
  });

  it("tells what the carrier says when it does not take the call, which has then failed", async () => {
    fixture.carrier.react = () => new GatewayError("PROVIDER_TIMEOUT", "Connection timeout");
    const response = await post("/outbound/create", { to_number: "+1234567890" });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      detail: "Failed to create outbound call: Connection timeout",
      code: "CALL_NOT_PLACED",
    });
    expect(await fixture.store.calls.call(1)).toMatchObject({ status: "failed", endReason: "not-placed" });
  });
});

describe("POST /calls/outbound/callback", () => {
  it("keeps the reason with the call", async () => {
    const response = await post("/outbound/callback", {
      customer_phone: "+1234567890",
      customer_id: 123,
      reason: "scheduled_callback_from_support",
      from_number: "+15183171307",
      metadata: { original_session_id: 456 },
    });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      success: true,
      room_name: "callback-1234567890-1767225600",
      status: "initiating",
      message: "Callback initiated to +1234567890",
    });
    expect((await fixture.store.calls.call(1))?.metadata).toEqual({
      original_session_id: 456,
      reason: "scheduled_callback_from_support",
    });
  });

  it("does not replace a reason that the metadata has", async () => {
    const metadata = { reason: "of the metadata" };
    await post("/outbound/callback", { customer_phone: "+1234567890", reason: "another", metadata });
    expect((await fixture.store.calls.call(1))?.metadata).toEqual(metadata);
  });
});

describe("GET /calls/outbound/active", () => {
  it("lists the calls that have not ended, newest first", async () => {
    await post("/outbound/create", { to_number: "+1234567890", metadata: { a: 1 } });
    fixture.clock.advanceTo(1_000);
    await post("/outbound/create", { to_number: "+1234567891", trunk_id: "ST_1" });
    await post("/outbound/create", { to_number: "+1234567892" });
    fixture.registry.answer(1);
    fixture.registry.end(3, "no-answer");
    const [first, second] = fixture.carrier.calls.keys();
    const same = { participant_id: expect.stringMatching(/^PA_/), from_number: "+15005550006" };
    expect(await get("/outbound/active")).toEqual({
      total: 2,
      calls: [
        {
          id: 2,
          sip_call_id: second,
          ...same,
          room_name: "outbound-1234567891-20260101000001",
          to_number: "+1234567891",
          trunk_id: "ST_1",
          status: "initiated",
          metadata: {},
          created_at: "2026-01-01T00:00:01.000Z",
        },
        {
          id: 1,
          sip_call_id: first,
          ...same,
          room_name: "outbound-1234567890-20260101000000",
          to_number: "+1234567890",
          trunk_id: null,
          status: "answered",
          metadata: { a: 1 },
          created_at: "2026-01-01T00:00:00.000Z",
        },
      ],
    });
  });

  it("gives a page when asked for one", async () => {
    for (const last of [0, 1, 2]) await post("/outbound/create", { to_number: `+123456789${last}` });
    const page = await get("/outbound/active?page=2&page_size=2");
    expect(page.total).toBe(3);
    expect(page.calls.map(({ id }: { id: number }) => id)).toEqual([1]);
  });
});

describe("GET /calls/inbound/active", () => {
  it("gives pages of 50, newest first, with calls as soon as they are there", async () => {
    const first = liveCall(fixture, "CA1");
    fixture.clock.advanceTo(2_500);
    const second = liveCall(fixture, "CA2");
    fixture.clock.advanceTo(4_000);
    const same = { customer_id: null, end_time: null, handled_by: "ai_agent", sentiment: null };
    expect(await get("/inbound/active")).toEqual({
      calls: [
        {
          ...same,
          session_id: second,
          room_name: `call-${second}`,
          start_time: "2026-01-01T00:00:02.500Z",
          duration_seconds: 1,
          transfer_count: 0,
        },
        {
          ...same,
          session_id: first,
          room_name: `call-${first}`,
          start_time: "2026-01-01T00:00:00.000Z",
          duration_seconds: 4,
          transfer_count: 0,
        },
      ],
      total: 2,
      page: 1,
      page_size: 50,
    });
  });

  it("pages through them, and is empty behind the last", async () => {
    const ids = ["CA1", "CA2", "CA3"].map((sid) => liveCall(fixture, sid));
    const pages = await Promise.all([1, 2, 3].map((page) => get(`/inbound/active?page=${page}&page_size=2`)));
    expect(
      pages.flatMap(({ calls }) => calls.map((call: { session_id: number }) => call.session_id)),
    ).toEqual(ids.reverse());
    expect(pages.map(({ total, page, page_size }) => [total, page, page_size])).toEqual([
      [3, 1, 2],
      [3, 2, 2],
      [3, 3, 2],
    ]);
  });

  it.each(["%2B14155550100", "+14155550100", "14155550100"])("finds the calls of %s", async (phone) => {
    const sessionId = liveCall(fixture, "CA1");
    await fixture.app.inject({ method: "POST", url: "/receive", payload: { phone: "+14155550199" } });
    const { calls, total } = await get(`/inbound/active?phone=${phone}`);
    expect([total, calls[0].session_id]).toEqual([1, sessionId]);
  });

  it("finds the calls of a customer", async () => {
    liveCall(fixture, "CA1");
    expect(await get("/inbound/active?customer_id=456")).toMatchObject({ calls: [], total: 0 });
  });
});

describe("GET /calls/inbound/{session_id}", () => {
  it("gives the call, also when it is over", async () => {
    const sessionId = liveCall(fixture);
    fixture.clock.advanceTo(120_400);
    const live = {
      session_id: sessionId,
      customer_id: null,
      room_name: `call-${sessionId}`,
      start_time: "2026-01-01T00:00:00.000Z",
      end_time: null,
      duration_seconds: 120,
      handled_by: "ai_agent",
      sentiment: null,
      transfer_count: 0,
    };
    expect(await get(`/inbound/${sessionId}`)).toEqual(live);
    fixture.registry.end(sessionId, "caller-hung-up");
    expect(await get(`/inbound/${sessionId}`)).toEqual({ ...live, end_time: "2026-01-01T00:02:00.400Z" });
  });

  it("does not know outbound calls, nor unknown ones", async () => {
    await post("/outbound/create", { to_number: "+1234567890" });
    for (const id of [1, 7]) {
      const response = await fixture.app.inject(`${api}/inbound/${id}`);
      expect(response.statusCode).toBe(404);
      expect(response.json()).toEqual({ detail: "Call session not found", code: "NOT_FOUND" });
    }
  });
});

describe("GET /calls/all/active", () => {
  it("has both directions, with counts of all pages", async () => {
    const inbound = ["CA1", "CA2"].map((sid) => liveCall(fixture, sid));
    await post("/outbound/create", { to_number: "+1234567890" });
    const all = await get("/all/active");
    expect(all).toMatchObject({ total: 3, inbound_count: 2, outbound_count: 1 });
    expect(all.inbound_calls).toEqual((await get("/inbound/active")).calls);
    expect(all.outbound_calls).toEqual((await get("/outbound/active")).calls);
    const page = await get("/all/active?page=2&page_size=1");
    expect(page).toMatchObject({ total: 3, inbound_count: 2, outbound_count: 1, outbound_calls: [] });
    expect(page.inbound_calls).toMatchObject([{ session_id: inbound[0] }]);
  });
});

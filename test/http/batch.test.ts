import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { eventually, start } from "../support/call-desk.ts";
import { httpFixtureOn } from "./http-fixture.ts";

const path = "/api/v1/calls/outbound/batch";
const numbers = ["+14155550101", "+14155550102", "+14155550103"];
let fixture: Awaited<ReturnType<typeof httpFixtureOn>>;

beforeEach(async () => {
  fixture = await httpFixtureOn(systemClock, {}, { maxCalls: 100 });
  await start(fixture);
});

afterEach(async () => {
  await fixture.close();
});

function order(payload: object, headers = {}) {
  return fixture.app.inject({ method: "POST", url: path, payload, headers });
}

function callsTo(...to: string[]) {
  return { calls: to.map((to_number) => ({ to_number })) };
}

async function progress(url: string) {
  return (await fixture.app.inject(url)).json();
}

describe("a small batch", () => {
  it("is answered when its calls are placed", async () => {
    const response = await order({ ...callsTo(...numbers), from_number: "+15183171307", trunk_id: "ST_1" });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      total: 3,
      successful: 3,
      failed: 0,
      results: numbers.map((to_number, at) => ({
        success: true,
        call_info: { sip_call_id: expect.stringMatching(/^SX_/), to_number },
        index: at + 1,
      })),
    });
    expect(fixture.carrier.orders.map(({ to, from }) => [to, from])).toEqual(
      numbers.map((to) => [to, "+15183171307"]),
    );
    expect(await fixture.store.calls.call(fixture.carrier.orders[0]?.sessionId ?? 0)).toMatchObject({
      trunkId: "ST_1",
    });
  });

  it("hands each call its own customer and metadata", async () => {
    await order({
      calls: [
        { to_number: numbers[0], customer_id: 7, metadata: { name: "John Doe" } },
        { to_number: numbers[1] },
      ],
    });
    const ids = fixture.carrier.orders.map(({ sessionId }) => sessionId);
    const calls = await Promise.all(ids.map((id) => fixture.store.calls.call(id)));
    expect(calls).toMatchObject([
      { customerId: 7, metadata: { name: "John Doe" }, from: "+15005550006" },
      { customerId: null, metadata: {} },
    ]);
  });

  it("tells which calls the carrier did not take, and why", async () => {
    fixture.carrier.react = ({ to }) =>
      to === numbers[1] ? new GatewayError("PROVIDER_REFUSED", "No such number") : "takes";
    const response = await order(callsTo(...numbers));
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ total: 3, successful: 2, failed: 1 });
    expect(response.json().results[1]).toEqual({
      success: false,
      error: "Failed to create outbound call: No such number",
      call_info: { sip_call_id: null, to_number: numbers[1] },
      index: 2,
    });
  });

  it("can be looked at afterwards, a page at a time", async () => {
    const response = await order(callsTo(...numbers));
    const location = String(response.headers.location);
    expect(location).toMatch(/^\/api\/v1\/calls\/outbound\/batch\/batch_[\w-]{12}$/);
    const [, second] = fixture.carrier.orders;
    expect(await progress(`${location}?page=2&page_size=1`)).toEqual({
      batch_id: location.slice(path.length + 1),
      status: "running",
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      counts: { total: 3, waiting: 0, active: 3, finished: 0, failed: 0, canceled: 0 },
      results: [
        {
          index: 2,
          to_number: numbers[1],
          state: "placed",
          attempts: 1,
          session_id: second?.sessionId,
          sip_call_id: response.json().results[1].call_info.sip_call_id,
          outcome: null,
          error: null,
        },
      ],
      page: 2,
      page_size: 1,
    });
  });

  it("is done when its calls are over", async () => {
    const location = String((await order(callsTo(numbers[0] ?? ""))).headers.location);
    fixture.registry.carrierReports(fixture.carrier.orders[0]?.sessionId ?? 0, "busy");
    await eventually(async () => (await progress(location)).status === "done", "the batch is done");
    expect(await progress(location)).toMatchObject({
      counts: { total: 1, active: 0, finished: 1 },
      results: [{ state: "over", outcome: "busy" }],
    });
  });
});

describe("a batch that takes longer", () => {
  it("goes on in the background, and says where", async () => {
    const response = await order({ ...callsTo(...numbers), delay_seconds: 3_600 });
    expect(response.statusCode).toBe(202);
    const body = response.json();
    expect(body).toEqual({
      total: 3,
      successful: body.results.length,
      failed: 0,
      results: expect.any(Array),
      batch_id: expect.stringMatching(/^batch_/),
      status: "running",
    });
    expect(response.headers.location).toBe(`${path}/${body.batch_id}`);
    expect((await progress(`${path}/${body.batch_id}`)).counts.total).toBe(3);
  });

  it("is not placed outside of its hours", async () => {
    const now = new Date();
    const hour = (offset: number) => `${String((now.getUTCHours() + offset) % 24).padStart(2, "0")}:00`;
    const calling_hours = { start: hour(2), end: hour(3), timezone: "UTC" };
    const response = await order({ ...callsTo(...numbers), calling_hours });
    expect(response.statusCode).toBe(202);
    expect(response.json()).toMatchObject({ successful: 0, failed: 0, results: [], status: "running" });
    expect(fixture.carrier.orders).toEqual([]);
  });

  it("can be canceled, again and again", async () => {
    const { batch_id } = (await order({ ...callsTo(...numbers), delay_seconds: 3_600 })).json();
    await eventually(
      async () => (await progress(`${path}/${batch_id}`)).counts.active === 1,
      "one is placed",
    );
    for (const _ of [1, 2]) {
      const response = await fixture.app.inject({ method: "POST", url: `${path}/${batch_id}/cancel` });
      expect(response.statusCode).toBe(200);
      expect(response.json()).toEqual({
        batch_id,
        status: "canceled",
        created_at: expect.any(String),
        counts: { total: 3, waiting: 0, active: 1, finished: 0, failed: 0, canceled: 2 },
      });
    }
    expect(fixture.carrier.orders).toHaveLength(1);
  });
});

describe("a batch", () => {
  it("is refused while the gateway shuts down", async () => {
    fixture.registry.drain();
    const response = await order(callsTo(...numbers));
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(response.json().code).toBe("DRAINING");
  });

  it.each([
    ["GET", ""],
    ["POST", "/cancel"],
  ] as const)("that nobody knows is not found: %s %s", async (method, action) => {
    const response = await fixture.app.inject({ method, url: `${path}/batch_none${action}` });
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({ detail: "Batch not found", code: "NOT_FOUND" });
  });

  it("is done once for one key, and the first answer is given again", async () => {
    const headers = { "idempotency-key": "b-1" };
    const first = await order(callsTo(...numbers), headers);
    const again = await order(callsTo(...numbers), headers);
    expect(again.statusCode).toBe(200);
    expect(again.json()).toEqual(first.json());
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(fixture.carrier.orders).toHaveLength(3);
  });
});

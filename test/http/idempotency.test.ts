import { request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { type HttpFixture, httpFixture, listen } from "./http-fixture.ts";

const create = "/api/v1/calls/outbound/create";
const body = { to_number: "+1234567890" };
let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture({}, { maxCalls: 10 });
});

afterEach(async () => {
  await fixture.close();
});

function post(key: string | undefined, payload: object = body, url = create) {
  const headers = key === undefined ? {} : { "idempotency-key": key };
  return fixture.app.inject({ method: "POST", url, payload, headers });
}

/** Waits until the carrier was asked to place so many calls. */
async function ordered(count: number): Promise<void> {
  while (fixture.carrier.orders.length < count) await new Promise((resolve) => setImmediate(resolve));
}

describe("a request with an Idempotency-Key", () => {
  it.each([
    ["/initiate", { phone: "+1234567890" }],
    ["/receive", { phone: "+1234567890" }],
    [create, body],
    ["/api/v1/calls/outbound/callback", { customer_phone: "+1234567890" }],
    ["/api/phone/outbound-call", { to_number: "+1234567890" }],
  ])("is done once: %s", async (url, payload) => {
    const first = await post("k-1", payload, url);
    expect(first.statusCode).toBe(200);
    expect(first.headers["idempotency-replayed"]).toBeUndefined();
    const again = await post("k-1", payload, url);
    expect(again.statusCode).toBe(200);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(again.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(again.body).toBe(first.body);
    expect(fixture.registry.liveCount).toBe(1);
  });

  it("is done again with another key, on another route, and without a key", async () => {
    await post("k-1");
    await post("k-2");
    await post("k-1", { phone: "+1234567890" }, "/initiate");
    await post(undefined);
    await post(undefined);
    expect(fixture.carrier.orders).toHaveLength(5);
  });

  it("is refused while the same is being worked on", async () => {
    fixture.carrier.react = () => "hangs";
    const first = post("k-1");
    await ordered(1);
    const second = await post("k-1");
    expect(second.statusCode).toBe(409);
    expect(second.headers["retry-after"]).toBe("1");
    expect(second.json()).toEqual({ detail: expect.stringContaining("worked on"), code: "CONFLICT" });
    fixture.desk.control.close();
    await first;
    expect(fixture.carrier.orders).toHaveLength(1);
  });

  it("of which many come at once is done by one of them", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post("k-1")));
    expect(fixture.carrier.orders).toHaveLength(1);
    const done = answers.filter(({ statusCode }) => statusCode === 200);
    expect(done.length).toBeGreaterThanOrEqual(1);
    expect(new Set(done.map((answer) => answer.body)).size).toBe(1);
    expect(answers.filter(({ statusCode }) => ![200, 409].includes(statusCode))).toEqual([]);
    expect((await post("k-1")).body).toBe(done[0]?.body);
  });

  it("is refused when the key was used for another", async () => {
    await post("k-1");
    const other = await post("k-1", { to_number: "+1234567891" });
    expect(other.statusCode).toBe(409);
    expect(other.headers["retry-after"]).toBeUndefined();
    expect(other.json()).toEqual({ detail: expect.stringContaining("another request"), code: "CONFLICT" });
    expect(fixture.carrier.orders).toHaveLength(1);
  });

  it("is refused when the process that worked on it has died", async () => {
    const other = await httpFixture({
      idempotencyKeys: {
        claim: async () => ({ state: "lost" }),
        settle: async () => {},
        release: async () => {},
      },
    });
    const headers = { "idempotency-key": "k-1" };
    const response = await other.app.inject({ method: "POST", url: create, payload: body, headers });
    expect(response.statusCode).toBe(409);
    expect(response.json()).toEqual({
      detail: expect.stringContaining("look at the calls"),
      code: "CONFLICT",
    });
    expect(other.carrier.orders).toEqual([]);
    await other.close();
  });

  it("gets the same failure again when the carrier did not take the call", async () => {
    fixture.carrier.react = () => new GatewayError("PROVIDER_TIMEOUT", "Connection timeout");
    const first = await post("k-1");
    expect(first.statusCode).toBe(500);
    const again = await post("k-1");
    expect(again.statusCode).toBe(500);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(again.json()).toEqual(first.json());
    expect(fixture.carrier.orders).toHaveLength(1);
  });

  it("is done when it comes again after nothing came of it", async () => {
    const calls = await Promise.all(Array.from({ length: 10 }, (_, at) => post(`fill-${at}`)));
    expect(calls.every(({ statusCode }) => statusCode === 200)).toBe(true);
    expect((await post("k-1")).statusCode).toBe(503);
    fixture.registry.end(1, "no-answer");
    const again = await post("k-1");
    expect(again.statusCode).toBe(200);
    expect(again.headers["idempotency-replayed"]).toBeUndefined();
  });

  it("is not claimed by a request that is not valid", async () => {
    expect((await post("k-1", { to_number: "x" })).statusCode).toBe(400);
    expect((await post("k-1")).statusCode).toBe(200);
  });

  it("is forgotten after 24 hours", async () => {
    await post("k-1");
    fixture.clock.advanceTo(24 * 3_600_000);
    expect((await post("k-1")).headers["idempotency-replayed"]).toBe("true");
    fixture.clock.advanceTo(24 * 3_600_000 + 1);
    expect((await post("k-1")).headers["idempotency-replayed"]).toBeUndefined();
  });

  it("is answered the same when the client did not wait for the first answer", async () => {
    const url = new URL(create, await listen(fixture));
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { carrier } = fixture;
    const place = carrier.place.bind(carrier);
    carrier.place = async (order, signal) => {
      await held;
      return place(order, signal);
    };
    const impatient = httpRequest(url, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "k-1" },
    });
    impatient.on("error", () => {});
    impatient.end(JSON.stringify(body));
    while (fixture.registry.liveCount === 0) await new Promise((resolve) => setImmediate(resolve));
    impatient.destroy();
    release();
    await ordered(1);
    let again = await post("k-1");
    while (again.statusCode === 409) again = await post("k-1");
    expect(again.statusCode).toBe(200);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(again.json().sip_call_id).toBe([...carrier.calls.keys()][0]);
    expect(carrier.orders).toHaveLength(1);
  });
});

describe("a store that is away", () => {
  it("is told of at the claim, when nothing has happened yet", async () => {
    const away = async () => {
      throw new GatewayError("STORE_UNAVAILABLE", "away");
    };
    const other = await httpFixture({ idempotencyKeys: { claim: away, settle: away, release: away } });
    const headers = { "idempotency-key": "k-1" };
    const response = await other.app.inject({ method: "POST", url: create, payload: body, headers });
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(other.carrier.orders).toEqual([]);
    await other.close();
  });

  it("keeps the key claimed when the answer cannot be kept, and still answers", async () => {
    const { store } = fixture;
    const other = await httpFixture({
      idempotencyKeys: {
        claim: (request) => store.idempotencyKeys.claim(request),
        settle: async () => {
          throw new GatewayError("STORE_UNAVAILABLE", "away");
        },
        release: (key) => store.idempotencyKeys.release(key),
      },
    });
    const headers = { "idempotency-key": "k-1" };
    const again = () => other.app.inject({ method: "POST", url: create, payload: body, headers });
    expect((await again()).statusCode).toBe(200);
    expect((await again()).statusCode).toBe(409);
    expect(other.carrier.orders).toHaveLength(1);
    expect(other.log.join("")).toContain("could not be kept");
    await other.close();
  });
});

describe("an Idempotency-Key", () => {
  it.each(["", "two words", "ä", "x".repeat(256)])("of %j is refused", async (key) => {
    const response = await post(key);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({
      detail: expect.stringMatching(/^idempotency-key /),
      code: "BAD_REQUEST",
    });
    expect(fixture.carrier.orders).toEqual([]);
  });

  it("may have 255 characters", async () => {
    expect((await post("~".repeat(255))).statusCode).toBe(200);
  });

  it("means nothing to a request that can be repeated anyway", async () => {
    await post("k-1");
    const response = await post("two words", { call_id: "call_1" }, "/end");
    expect(response.statusCode).toBe(200);
  });
});

import { afterAll, describe, expect, it } from "vitest";
import { httpFixture } from "./http-fixture.ts";

const api = "/api/v1/calls";
const to_number = "+1234567890";
const fixture = await httpFixture();
const guarded = await httpFixture({ apiSecretKey: "k-1" });

afterAll(async () => {
  await fixture.close();
  await guarded.close();
});

async function refusal(url: string, payload: object) {
  const response = await fixture.app.inject({ method: "POST", url: api + url, payload });
  expect(response.statusCode).toBe(400);
  expect(response.json().code).toBe("BAD_REQUEST");
  expect(fixture.carrier.orders).toEqual([]);
  return response.json().detail as string;
}

const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`) as object;
const deep = nested(40);

describe.each([
  ["/outbound/create", "to_number"],
  ["/outbound/callback", "customer_phone"],
])("POST /calls%s", (url, number) => {
  it.each(["1234567890", "+12345", "tel:+1234567890", ""])("refuses the number %j", async (given) => {
    expect(await refusal(url, { [number]: given })).toBe("Invalid phone number format");
    expect(await refusal(url, { [number]: to_number, from_number: given })).toBe(
      "Invalid phone number format",
    );
  });

  it.each([
    [number, {}],
    [number, { [number]: 1_234_567_890 }],
    ["from_number", { [number]: to_number, from_number: 5 }],
    ["customer_id", { [number]: to_number, customer_id: "123" }],
    ["customer_id", { [number]: to_number, customer_id: 0 }],
    ["customer_id", { [number]: to_number, customer_id: 1.5 }],
    ["trunk_id", { [number]: to_number, trunk_id: 7 }],
    ["metadata", { [number]: to_number, metadata: "text" }],
    ["metadata", { [number]: to_number, metadata: null }],
    ["metadata", { [number]: to_number, metadata: [1] }],
    ["metadata", { [number]: to_number, metadata: { a: "x".repeat(16 * 1024) } }],
    ["metadata", { [number]: to_number, metadata: deep }],
    ["play_ringtone", { [number]: to_number, play_ringtone: "yes" }],
    ["machine_detection", { [number]: to_number, machine_detection: 1 }],
  ])("names %s when it is wrong", async (field, body) => {
    expect(await refusal(url, body)).toMatch(new RegExp(`^${field} `));
  });
});

describe("POST /calls/outbound/batch", () => {
  const calls = [{ to_number }];

  it.each([
    ["calls", {}],
    ["calls", { calls: [] }],
    ["calls", { calls: to_number }],
    ["calls", { calls: Array.from({ length: 5_001 }, () => ({ to_number })) }],
    ["calls.1.to_number", { calls: [{ to_number }, {}] }],
    ["calls.1.metadata", { calls: [{ to_number }, { to_number, metadata: deep }] }],
    ["calls.0.customer_id", { calls: [{ to_number, customer_id: "1" }] }],
    ["delay_seconds", { calls, delay_seconds: -1 }],
    ["delay_seconds", { calls, delay_seconds: 3_601 }],
    ["delay_seconds", { calls, delay_seconds: "2" }],
    ["retries.busy", { calls, retries: { busy: 11 } }],
    ["retries.no_answer", { calls, retries: { no_answer: 0.5 } }],
    ["retry_delay_seconds", { calls, retry_delay_seconds: -1 }],
    ["calling_hours.end", { calls, calling_hours: { start: "09:00", timezone: "UTC" } }],
    ["calling_hours.start", { calls, calling_hours: { start: "9:00", end: "17:00", timezone: "UTC" } }],
    ["calling_hours.end", { calls, calling_hours: { start: "09:00", end: "24:00", timezone: "UTC" } }],
    [
      "calling_hours.timezone",
      { calls, calling_hours: { start: "09:00", end: "17:00", timezone: "Mars/Base" } },
    ],
    [
      "calling_hours.timezone",
      { calls, calling_hours: { start: "09:00", end: "17:00", timezone: "+02:00" } },
    ],
    [
      "calling_hours.days",
      { calls, calling_hours: { start: "09:00", end: "17:00", timezone: "UTC", days: [] } },
    ],
    [
      "calling_hours.days.0",
      { calls, calling_hours: { start: "09:00", end: "17:00", timezone: "UTC", days: [8] } },
    ],
  ])("names %s when it is wrong", async (field, body) => {
    expect(await refusal("/outbound/batch", body)).toMatch(new RegExp(`^${field} `));
  });

  it("tells which number is bad", async () => {
    const body = { calls: [{ to_number }, { to_number: "0987654321" }] };
    expect(await refusal("/outbound/batch", body)).toBe("Invalid phone number format: calls.1.to_number");
  });

  // A million levels take seconds to parse, check and compare; the time limit of the test ends that.
  it("refuses a body as deep as it may be long, before anything is made of it", async () => {
    const levels = 1_000_000;
    const response = await fixture.app.inject({
      method: "POST",
      url: `${api}/outbound/batch`,
      headers: { "content-type": "application/json", "idempotency-key": "k-1" },
      payload: `{"calls":[{"to_number":"${to_number}","metadata":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}]}`,
    });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({
      detail: "The body is nested deeper than 64 levels",
      code: "BAD_REQUEST",
    });
  }, 10_000);

  it.each(['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}', '{"metadata":{"__proto__":1}}'])(
    "refuses what would reach into every object: %s",
    async (payload) => {
      const headers = { "content-type": "application/json" };
      const response = await fixture.app.inject({
        method: "POST",
        url: `${api}/outbound/batch`,
        headers,
        payload,
      });
      expect(response.statusCode).toBe(400);
      expect(({} as { a?: number }).a).toBeUndefined();
    },
  );

  it("refuses a body over 2 MiB", async () => {
    const payload = { calls: [{ to_number, metadata: { a: "x".repeat(2 * 1024 * 1024) } }] };
    const response = await fixture.app.inject({ method: "POST", url: `${api}/outbound/batch`, payload });
    expect(response.statusCode).toBe(413);
    expect(response.json().code).toBe("PAYLOAD_TOO_LARGE");
  });
});

it.each([
  ["/inbound/active?page=0", "page"],
  ["/inbound/active?page=x", "page"],
  ["/inbound/active?page_size=201", "page_size"],
  ["/inbound/active?page_size=0", "page_size"],
  ["/inbound/active?customer_id=x", "customer_id"],
  ["/inbound/0", "session_id"],
  ["/inbound/abc", "session_id"],
  ["/outbound/active?page_size=1001", "page_size"],
  ["/all/active?page=-1", "page"],
  ["/outbound/batch/batch_1?page_size=201", "page_size"],
  ["/7/transcript?limit=0", "limit"],
  ["/7/transcript?after=-1", "after"],
])("GET /calls%s is refused by naming %s", async (url, field) => {
  const response = await fixture.app.inject(api + url);
  expect(response.statusCode).toBe(400);
  expect(response.json()).toEqual({
    detail: expect.stringMatching(new RegExp(`^${field} `)),
    code: "BAD_REQUEST",
  });
});

it("a phone filter that is no number is refused as a number in a body is", async () => {
  const response = await fixture.app.inject(`${api}/inbound/active?phone=abc`);
  expect(response.json()).toEqual({ detail: "Invalid phone number format", code: "BAD_REQUEST" });
});

it.each([
  ["GET", "/inbound/active"],
  ["GET", "/inbound/1"],
  ["POST", "/outbound/create"],
  ["POST", "/outbound/callback"],
  ["POST", "/outbound/batch"],
  ["GET", "/outbound/batch/batch_1"],
  ["POST", "/outbound/batch/batch_1/cancel"],
  ["GET", "/outbound/active"],
  ["GET", "/all/active"],
  ["GET", "/1/transcript"],
] as const)("%s /calls%s needs the key when one is set", async (method, url) => {
  const response = await guarded.app.inject({ method, url: api + url });
  expect(response.statusCode).toBe(401);
  expect(response.json()).toEqual({
    detail: "Invalid or missing authentication token",
    code: "UNAUTHORIZED",
  });
});

it("lists nothing while the store is away, and says when to come again", async () => {
  const other = await httpFixture();
  await other.store.close();
  for (const url of ["/inbound/active", "/outbound/active", "/all/active", "/7/transcript", "/inbound/7"]) {
    const response = await other.app.inject(api + url);
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(response.json().code).toBe("STORE_UNAVAILABLE");
  }
  await other.close();
});

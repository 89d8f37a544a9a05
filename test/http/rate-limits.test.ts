import type { InjectOptions } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { FeedClient, type HttpFixture, httpFixture, listen } from "./http-fixture.ts";

const key = { authorization: "Bearer k-1" };
const open: HttpFixture[] = [];

async function serve(...options: Parameters<typeof httpFixture>): Promise<HttpFixture> {
  const fixture = await httpFixture(...options);
  open.push(fixture);
  return fixture;
}

afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture.close();
});

/** The statuses of so many equal requests, one after another. */
async function statuses(
  { app }: HttpFixture,
  count: number,
  request: InjectOptions | string,
): Promise<number[]> {
  const answers: number[] = [];
  for (let i = 0; i < count; i++) answers.push((await app.inject(request)).statusCode);
  return answers;
}

const create = (headers: Record<string, string>): InjectOptions => ({
  method: "POST",
  url: "/api/v1/calls/outbound/create",
  headers,
  payload: { to_number: "+14155550100" },
});

describe("rate limits", () => {
  it("tell in each answer what is left, and when it begins anew", async () => {
    const { app, clock } = await serve({ rateLimits: { default: 100, batch: 10, outbound: 30 } });
    const first = await app.inject("/metrics");
    expect(first.headers).toMatchObject({
      "x-ratelimit-limit": "100",
      "x-ratelimit-remaining": "99",
      "x-ratelimit-reset": String(clock.wall() / 1000 + 60),
    });
    clock.advanceTo(20_500);
    const second = await app.inject("/api/v1/calls/7/transcript");
    expect(second.statusCode).toBe(404);
    expect(second.headers).toMatchObject({
      "x-ratelimit-remaining": "98",
      "x-ratelimit-reset": first.headers["x-ratelimit-reset"],
    });
    expect(second.headers).not.toHaveProperty("retry-after");
  });

  it("refuse what is too much, in our shape, until the minute is over", async () => {
    const fixture = await serve({ rateLimits: { default: 3, batch: 0, outbound: 0 } });
    const { app, clock } = fixture;
    expect(await statuses(fixture, 3, "/metrics")).toEqual([200, 200, 200]);
    clock.advanceTo(17_200);
    const refused = await app.inject("/metrics");
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toEqual({
      detail: "Too many requests: 3 per minute are allowed; try again in 43 s",
      code: "RATE_LIMITED",
    });
    expect(refused.headers).toMatchObject({
      "retry-after": "43",
      "x-ratelimit-limit": "3",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(clock.wall() / 1000 - 17.2 + 60),
    });
    clock.advanceTo(60_000);
    expect((await app.inject("/metrics")).statusCode).toBe(200);
  });

  it("count all routes of a group together, and each group apart", async () => {
    const fixture = await serve({ rateLimits: { default: 2, batch: 1, outbound: 3 } });
    const { app, clock } = fixture;
    expect(await statuses(fixture, 1, "/metrics")).toEqual([200]);
    expect(await statuses(fixture, 2, "/logs")).toEqual([200, 429]);

    const limitOf = async (url: string): Promise<unknown> =>
      (await app.inject({ method: "POST", url, payload: {} })).headers["x-ratelimit-limit"];
    expect(await limitOf("/api/v1/calls/outbound/batch")).toBe("1");
    clock.advanceTo(60_000);
    for (const url of ["/initiate", "/api/v1/calls/outbound/callback", "/api/phone/outbound-call"]) {
      expect(await limitOf(url)).toBe("3");
    }
    expect(await statuses(fixture, 1, create({}))).toEqual([429]);
  });

  it("are off at 0", async () => {
    const fixture = await serve({ rateLimits: { default: 0, batch: 1, outbound: 1 } });
    expect(await statuses(fixture, 150, "/metrics")).not.toContain(429);
    expect((await fixture.app.inject("/metrics")).headers).not.toHaveProperty("x-ratelimit-limit");
  });

  it("leave health, readiness, the webhooks and the description alone", async () => {
    const fixture = await serve({ rateLimits: { default: 1, batch: 1, outbound: 1 } });
    for (const url of ["/health", "/ready", "/docs", "/openapi.json"]) {
      expect(await statuses(fixture, 3, url)).not.toContain(429);
      expect((await fixture.app.inject(url)).headers).not.toHaveProperty("x-ratelimit-limit");
    }
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    for (const url of ["/api/phone/incoming", "/api/phone/status", "/api/phone/process-speech"]) {
      expect(
        await statuses(fixture, 3, { method: "POST", url, headers, payload: "CallSid=CA1" }),
      ).not.toContain(429);
    }
  });

  it("keep guesses at the key from spending its budget", async () => {
    const fixture = await serve({ apiSecretKey: "k-1", rateLimits: { default: 2, batch: 0, outbound: 0 } });
    const guess = { url: "/metrics", headers: { authorization: "Bearer k-2" } };
    expect(await statuses(fixture, 3, guess)).toEqual([401, 401, 429]);
    expect(await statuses(fixture, 1, "/metrics")).toEqual([429]);
    expect(await statuses(fixture, 3, { url: "/metrics", headers: key })).toEqual([200, 200, 429]);
  });

  it("know clients without a key by their address, an IPv6 network being one", async () => {
    const fixture = await serve({ rateLimits: { default: 1, batch: 0, outbound: 0 } });
    const from = (remoteAddress: string) => statuses(fixture, 1, { url: "/metrics", remoteAddress });
    expect(await from("192.0.2.1")).toEqual([200]);
    expect(await from("192.0.2.2")).toEqual([200]);
    expect(await from("::ffff:192.0.2.1")).toEqual([429]);
    expect(await from("2001:db8::1")).toEqual([200]);
    expect(await from("2001:db8::2")).toEqual([429]);
  });

  it("count WebSockets, and refuse them before the 101", async () => {
    const fixture = await serve({ rateLimits: { default: 1, batch: 0, outbound: 0 } });
    const origin = await listen(fixture);
    const first = new FeedClient(`${origin}/ws/calls`);
    await first.opened();
    expect(await new FeedClient(`${origin}/ws/calls`).refused()).toEqual({
      status: 429,
      code: "RATE_LIMITED",
    });
    first.socket.terminate();
  });

  it("are counted themselves", async () => {
    const fixture = await serve({ apiSecretKey: "k-1", rateLimits: { default: 1, batch: 0, outbound: 1 } });
    await statuses(fixture, 3, "/metrics");
    await statuses(fixture, 2, create({}));
    const { body } = await fixture.app.inject({ url: "/metrics", headers: key });
    expect(body).toContain('earshot_http_rate_limited_total{group="default"} 2');
    expect(body).toContain('earshot_http_rate_limited_total{group="outbound"} 1');
  });
});

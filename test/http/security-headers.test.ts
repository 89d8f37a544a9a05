import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type HttpFixture, httpFixture, listen } from "./http-fixture.ts";

const desk = "https://desk.example.com";
const open: HttpFixture[] = [];

async function serve(...options: Parameters<typeof httpFixture>): Promise<HttpFixture> {
  const fixture = await httpFixture(...options);
  open.push(fixture);
  return fixture;
}

afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture.close();
});

/** Of `fetch` in a browser, before the request itself. */
const preflight = (origin: string) =>
  ({
    method: "OPTIONS",
    url: "/api/v1/calls/outbound/create",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,idempotency-key",
    },
  }) as const;

describe("every answer", () => {
  it.each([
    ["/health", {}, 200],
    ["/nowhere", {}, 404],
    ["/api/v1/calls/%zz/transcript", {}, 400],
    ["/metrics", {}, 401],
    ["/ws/calls", {}, 426],
  ])("of %s tells browsers to be careful", async (url, headers, status) => {
    const { app } = await serve({ apiSecretKey: "k-1" });
    const response = await app.inject({ url, headers });
    expect(response.statusCode).toBe(status);
    expect(response.headers).toMatchObject({
      "content-security-policy": expect.stringMatching(/^default-src 'none';frame-ancestors 'none'/),
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
    });
    expect(response.headers).not.toHaveProperty("x-powered-by");
  });

  it("does so when a foreign host is refused", async () => {
    const { app } = await serve();
    const response = await app.inject({ url: "/health", headers: { host: "evil.example.com" } });
    expect(response.statusCode).toBe(403);
    expect(response.headers).toMatchObject({ "x-content-type-options": "nosniff" });
  });

  it("does so when an upgrade is refused", async () => {
    const fixture = await serve();
    const socket = connect(Number(new URL(await listen(fixture)).port), "127.0.0.1");
    socket.write(
      "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer.toLowerCase()).toContain("x-content-type-options: nosniff");
  });

  it("of the description's page has the policy that the page needs", async () => {
    const { app } = await serve();
    const page = await app.inject("/docs");
    expect(page.statusCode).toBe(200);
    const policy =
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";
    expect(page.headers["content-security-policy"]).toBe(policy);
    const scripts = [...page.body.matchAll(/<script([^>]*)>([^<]*)</g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes, inline] of scripts) {
      expect(inline?.trim()).toBe("");
      const path = new URL(/src="([^"]+)"/.exec(attributes ?? "")?.[1] ?? "", "http://localhost/docs/")
        .pathname;
      expect((await app.inject(path)).statusCode).toBe(200);
    }
  });
});

describe("web pages of other origins", () => {
  it("get nothing by default", async () => {
    const { app } = await serve({ apiSecretKey: "k-1" });
    const asked = await app.inject(preflight(desk));
    expect(asked.statusCode).toBe(404);
    expect(asked.json()).toMatchObject({ code: "NOT_FOUND" });
    const response = await app.inject({ url: "/health", headers: { origin: desk } });
    expect(response.headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("may use the API when theirs is listed, and need no key to ask whether they may", async () => {
    const { app } = await serve({ apiSecretKey: "k-1", corsOrigins: [desk] });
    const asked = await app.inject(preflight(desk));
    expect(asked.statusCode).toBe(204);
    expect(asked.headers).toMatchObject({
      "access-control-allow-origin": desk,
      "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
      "access-control-allow-methods": expect.stringContaining("POST"),
      vary: expect.stringContaining("Origin"),
    });
    expect(asked.headers).not.toHaveProperty("access-control-allow-credentials");
  });

  it("can read the rate limits, and refusals as well", async () => {
    const { app } = await serve({
      apiSecretKey: "k-1",
      corsOrigins: [desk],
      rateLimits: { default: 1, batch: 1, outbound: 1 },
    });
    for (const status of [401, 429]) {
      const response = await app.inject({ url: "/metrics", headers: { origin: desk } });
      expect(response.statusCode).toBe(status);
      expect(response.headers["access-control-allow-origin"]).toBe(desk);
      expect(response.headers["access-control-expose-headers"]).toContain("X-RateLimit-Remaining");
      expect(response.headers["access-control-expose-headers"]).toContain("Retry-After");
    }
  });

  it.each([
    "https://evil.example.com",
    "https://desk.example.com.evil.example.com",
    "http://desk.example.com",
    "null",
  ])("get nothing when theirs is not the listed one: %s", async (origin) => {
    const { app } = await serve({ apiSecretKey: "k-1", corsOrigins: [desk] });
    const asked = await app.inject(preflight(origin));
    expect(asked.statusCode).toBe(404);
    expect(asked.headers).not.toHaveProperty("access-control-allow-origin");
    const response = await app.inject({ url: "/health", headers: { origin } });
    expect(response.headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("are not foreign without a key, when theirs is listed", async () => {
    const { app } = await serve({ corsOrigins: [desk] });
    expect((await app.inject(preflight(desk))).statusCode).toBe(204);
    const payload = { phone: "+14155550100" };
    const post = (origin: string) =>
      app.inject({ method: "POST", url: "/receive", headers: { origin }, payload });
    expect((await post(desk)).statusCode).toBe(200);
    expect((await post("https://evil.example.com")).statusCode).toBe(403);
  });
});

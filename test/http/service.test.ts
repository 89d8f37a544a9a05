import { afterEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { type HttpFixture, httpFixture } from "./http-fixture.ts";

const open: HttpFixture[] = [];

async function serve(...options: Parameters<typeof httpFixture>): Promise<HttpFixture> {
  const fixture = await httpFixture(...options);
  open.push(fixture);
  return fixture;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((fixture) => fixture.close()));
});

describe("GET /health", () => {
  it("answers as the seed says, key or no key", async () => {
    const { app } = await serve({ apiSecretKey: "k-1", serviceName: "my-calls" });
    const response = await app.inject("/health");
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: "ok", service: "my-calls" });
  });
});

describe("GET /ready", () => {
  it("answers 200 when calls are taken", async () => {
    const response = await (await serve()).app.inject("/ready");
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: "ready", checks: { calls: "ok" } });
  });

  it("answers 503 with the reason when they are not", async () => {
    const { app } = await serve({
      readiness: () => ({ ready: false, serving: true, checks: { calls: "all lines are in use" } }),
    });
    const response = await app.inject("/ready");
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ status: "not-ready", checks: { calls: "all lines are in use" } });
  });

  it("answers a balancer 200 while requests are served, whatever stands in the way of calls", async () => {
    const checks = { calls: "all lines are in use" };
    const { app } = await serve({ readiness: () => ({ ready: false, serving: true, checks }) });
    const response = await app.inject("/ready?for=balancer");
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: "ready", checks });
  });

  it("answers a balancer 503 while it drains", async () => {
    const checks = { calls: "draining" };
    const { app } = await serve({ readiness: () => ({ ready: false, serving: false, checks }) });
    const response = await app.inject("/ready?for=balancer");
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ status: "not-ready", checks });
  });

  it.each(["?for=cat", "?for=", "?for=balancer&for=cat"])("says what may be asked: %s", async (query) => {
    const response = await (await serve()).app.inject(`/ready${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ detail: "for must be one of: balancer", code: "BAD_REQUEST" });
  });
});

describe("GET /metrics", () => {
  it("gives the Prometheus text format", async () => {
    const response = await (await serve()).app.inject("/metrics");
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(response.body).toContain("\nearshot_calls_active 0\n");
  });

  it.each([undefined, "Bearer", "Bearer wrong", "Basic k-1", "Bearer k-1 k-1"])(
    "refuses the authorization %s when a key is set",
    async (authorization) => {
      const { app } = await serve({ apiSecretKey: "k-1" });
      const response = await app.inject({
        url: "/metrics",
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(response.statusCode).toBe(401);
      expect(response.headers["www-authenticate"]).toBe("Bearer");
      expect(response.json()).toEqual({
        detail: "Invalid or missing authentication token",
        code: "UNAUTHORIZED",
      });
    },
  );

  it("opens with the key", async () => {
    const { app } = await serve({ apiSecretKey: "k-1" });
    const response = await app.inject({ url: "/metrics", headers: { authorization: "Bearer k-1" } });
    expect(response.statusCode).toBe(200);
  });
});

describe("without a key", () => {
  it.each(["evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.example.com:8000"])(
    "refuses the foreign host %s",
    async (host) => {
      const response = await (await serve()).app.inject({ url: "/health", headers: { host } });
      expect(response.statusCode).toBe(403);
      expect(response.json()).toMatchObject({ code: "FORBIDDEN" });
    },
  );

  it.each(["localhost", "localhost:8000", "127.0.0.1:1234", "[::1]:8000", "gateway.local"])(
    "serves the host %s",
    async (host) => {
      const { app } = await serve({ publicUrl: () => "http://gateway.local:8000" });
      expect((await app.inject({ url: "/health", headers: { host } })).statusCode).toBe(200);
    },
  );

  it("refuses what a foreign web page posts", async () => {
    const { app } = await serve();
    const request = { method: "POST", url: "/api/phone/incoming", payload: "CallSid=CA1" } as const;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    for (const origin of ["https://evil.example.com", "null"]) {
      const response = await app.inject({ ...request, headers: { ...headers, origin } });
      expect(response.statusCode).toBe(403);
    }
    const own = await app.inject({ ...request, headers: { ...headers, origin: "http://localhost:3000" } });
    expect(own.statusCode).toBe(200);
  });
});

describe("errors", () => {
  it("takes an empty body that is called JSON for none", async () => {
    const { app } = await serve();
    const headers = { "content-type": "application/json" };
    const ticket = await app.inject({ method: "POST", url: "/api/v1/live/tickets", headers });
    expect(ticket.statusCode).toBe(200);
    const call = await app.inject({ method: "POST", url: "/initiate", headers });
    expect(call.statusCode).toBe(400);
    expect(call.json()).toMatchObject({ code: "BAD_REQUEST" });
  });

  it("answers an unknown path with detail and code", async () => {
    const response = await (await serve()).app.inject("/nowhere");
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({ detail: "Not found", code: "NOT_FOUND" });
  });

  it("answers a path that is badly encoded with detail and code", async () => {
    const response = await (await serve()).app.inject("/api/v1/calls/%zz/transcript");
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: "BAD_REQUEST" });
  });

  it("hides an unexpected error and logs its cause", async () => {
    const { app, log } = await serve({
      readiness: () => {
        throw new Error("disk on fire", { cause: new Error("sparks") });
      },
    });
    const response = await app.inject("/ready");
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({ detail: "Something went wrong on our side.", code: "INTERNAL" });
    expect(log.join("")).toContain("disk on fire");
    expect(log.join("")).toContain("sparks");
  });

  it("answers our own errors with the catalogue's status", async () => {
    const { app } = await serve({
      readiness: () => {
        throw new GatewayError("AT_CAPACITY", "All lines are in use.");
      },
    });
    const response = await app.inject("/ready");
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(response.json()).toEqual({ detail: "All lines are in use.", code: "AT_CAPACITY" });
  });

  it("leaves it to who knows better when to come again", async () => {
    const { app } = await serve({ rateLimits: { default: 1, batch: 0, outbound: 0 } });
    await app.inject("/api/v1/calls/7/transcript");
    const response = await app.inject("/api/v1/calls/7/transcript");
    expect(response.statusCode).toBe(429);
    expect(response.headers["retry-after"]).toBe("60");
    expect(response.json().code).toBe("RATE_LIMITED");
  });
});

describe("the log", () => {
  it("has one line a request, without the query", async () => {
    const { app, log } = await serve();
    await app.inject("/api/v1/calls/7/transcript?token=t-1");
    expect(log).toHaveLength(1);
    expect(JSON.parse(log[0] ?? "")).toMatchObject({
      level: "INFO",
      method: "GET",
      path: "/api/v1/calls/7/transcript",
      status: 404,
    });
    expect(log[0]).not.toContain("t-1");
  });

  it("is quiet about health checks", async () => {
    const { app, log } = await serve();
    await app.inject("/health");
    expect(log).toEqual([]);
  });
});

describe("the API's description", () => {
  it("is OpenAPI 3.1 with named components", async () => {
    const document = (await (await serve()).app.inject("/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        ...["/initiate", "/receive", "/answer", "/end", "/health", "/ready", "/logs", "/metrics"],
        "/api/phone/active-calls",
        "/api/phone/call-status/{call_sid}",
        "/api/phone/incoming",
        "/api/phone/outbound-call",
        "/api/phone/process-speech",
        "/api/phone/status",
        "/api/v1/calls/all/active",
        "/api/v1/calls/inbound/active",
        "/api/v1/calls/inbound/{session_id}",
        "/api/v1/calls/outbound/active",
        "/api/v1/calls/outbound/batch",
        "/api/v1/calls/outbound/batch/{batch_id}",
        "/api/v1/calls/outbound/batch/{batch_id}/cancel",
        "/api/v1/calls/outbound/callback",
        "/api/v1/calls/outbound/create",
        "/api/v1/calls/{session_id}/input",
        "/api/v1/calls/{session_id}/transcript",
      ]),
    );
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(["BatchResult", "Error", "InboundCall", "OutboundCall", "TranscriptEntry"]),
    );
  });

  it("tells of the key, of what may go wrong, and of the header of what is done once", async () => {
    const { paths } = (await (await serve()).app.inject("/openapi.json")).json();
    const create = paths["/api/v1/calls/outbound/create"].post;
    expect(create.security).toEqual([{ bearer: [] }]);
    expect(Object.keys(create.responses)).toEqual(["200", "400", "401", "409", "429", "500", "503"]);
    expect(create.parameters).toMatchObject([{ in: "header", name: "idempotency-key" }]);
    expect(paths["/api/phone/incoming"].post.security).toEqual([{ twilioSignature: [] }]);
    expect(Object.keys(paths["/api/phone/incoming"].post.requestBody.content)).toEqual([
      "application/x-www-form-urlencoded",
    ]);
  });

  it("can be read under /docs", async () => {
    const { app } = await serve();
    const page = await app.inject("/docs");
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toContain("text/html");
    expect((await app.inject("/docs/static/swagger-ui.css")).statusCode).toBe(200);
  });
});

import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };
const caller = { From: "+14155550100", To: "+15005550006", CallStatus: "ringing" };
let fixture: HttpFixture;

beforeEach(() => {
  fixture = httpFixture();
});

afterEach(async () => {
  await fixture.app.close();
});

function post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const payload = new URLSearchParams(fields).toString();
  return fixture.app.inject({ method: "POST", url, payload, headers: { ...form, ...headers } });
}

describe("POST /api/phone/incoming", () => {
  it("connects the call to the media socket with a token, and has a way back", async () => {
    const response = await post("/api/phone/incoming", { CallSid: "CA1", ...caller });
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe("text/xml; charset=utf-8");
    const { sessionId } = fixture.registry.findBySipCallId("CA1")?.call ?? {};
    expect(response.body).toContain('<Stream url="ws://127.0.0.1:8000/api/phone/media">');
    expect(response.body).toContain(`<Parameter name="session_id" value="${sessionId}"/>`);
    expect(response.body).toContain(
      '<Redirect method="POST">http://127.0.0.1:8000/api/phone/incoming?after=media</Redirect>',
    );
    const token = /name="token" value="([^"]+)"/.exec(response.body)?.[1] ?? "";
    await expect(fixture.intake.claim(token, "CA1")).resolves.toMatchObject({ sessionId });
  });

  it("keeps who called whom", async () => {
    await post("/api/phone/incoming", { CallSid: "CA1", ...caller });
    expect(fixture.registry.findBySipCallId("CA1")?.call).toMatchObject({ from: caller.From, to: caller.To });
  });

  it("uses wss with an https origin", async () => {
    const secure = httpFixture({ publicUrl: () => "https://voice.example.com" });
    const response = await secure.app.inject({
      method: "POST",
      url: "/api/phone/incoming",
      payload: "CallSid=CA1",
      headers: form,
    });
    expect(response.body).toContain('url="wss://voice.example.com/api/phone/media"');
    await secure.app.close();
  });

  it("gives a busy tone when no line is free", async () => {
    liveCall(fixture, "CA1");
    liveCall(fixture, "CA2");
    const response = await post("/api/phone/incoming", { CallSid: "CA3", ...caller });
    expect(response.statusCode).toBe(200);
    expect(response.body).toContain('<Reject reason="busy"/>');
  });

  it("says so when a call that lost its media finds no line free: it cannot be rejected any more", async () => {
    liveCall(fixture, "CA1");
    fixture.registry.drain();
    const response = await post("/api/phone/incoming?after=media", { CallSid: "CA1", ...caller });
    expect(response.body).toMatch(/<Say language="en-US">.*busy.*<\/Say><Hangup\/>/);
  });

  it("hangs up a call that is over", async () => {
    fixture.registry.end(liveCall(fixture, "CA1"), "agent-goodbye");
    const response = await post("/api/phone/incoming?after=media", { CallSid: "CA1", ...caller });
    expect(response.body).toContain("<Response><Hangup/></Response>");
  });

  it("gives a call that lost its media a new session", async () => {
    const lost = liveCall(fixture, "CA1");
    const response = await post("/api/phone/incoming?after=media", { CallSid: "CA1", ...caller });
    expect(response.body).toContain("<Stream");
    expect(fixture.registry.find(lost)).toMatchObject({ phase: "ended", endReason: "media-lost" });
    expect(fixture.registry.findBySipCallId("CA1")?.call.sessionId).not.toBe(lost);
  });

  it("takes a call without numbers", async () => {
    await post("/api/phone/incoming", { CallSid: "CA1" });
    expect(fixture.registry.findBySipCallId("CA1")?.call).toMatchObject({ from: "anonymous", to: "" });
  });

  it.each([{}, { CallSid: "" }, { CallSid: "x".repeat(65) }])(
    "refuses %o by naming the field",
    async (fields) => {
      const response = await post("/api/phone/incoming", fields as Record<string, string>);
      expect(response.statusCode).toBe(400);
      expect(response.json()).toEqual({ detail: expect.stringMatching(/^CallSid /), code: "BAD_REQUEST" });
    },
  );

  it("refuses a body that is no form, and one over 64 KiB", async () => {
    const json = await fixture.app.inject({
      method: "POST",
      url: "/api/phone/incoming",
      payload: { CallSid: "CA1" },
    });
    expect(json.statusCode).toBe(415);
    const large = await post("/api/phone/incoming", { CallSid: "CA1", Junk: "x".repeat(65_536) });
    expect(large.statusCode).toBe(413);
    expect(large.json()).toEqual({ detail: expect.any(String), code: "PAYLOAD_TOO_LARGE" });
  });
});

describe("POST /api/phone/status", () => {
  it.each(["completed", "busy", "failed", "no-answer", "canceled"])("ends the call on %s", async (status) => {
    const sessionId = liveCall(fixture, "CA1");
    const response = await post("/api/phone/status", { CallSid: "CA1", CallStatus: status });
    expect(response.statusCode).toBe(204);
    expect(response.body).toBe("");
    expect(fixture.registry.find(sessionId)).toMatchObject({ phase: "ended", endReason: "caller-hung-up" });
  });

  it.each(["ringing", "in-progress", "initiated", ""])("leaves the call alone on '%s'", async (status) => {
    const sessionId = liveCall(fixture, "CA1");
    expect((await post("/api/phone/status", { CallSid: "CA1", CallStatus: status })).statusCode).toBe(204);
    expect(fixture.registry.find(sessionId)?.phase).toBe("in-progress");
  });

  it("does not mind a call that it does not know", async () => {
    expect((await post("/api/phone/status", { CallSid: "CA9", CallStatus: "completed" })).statusCode).toBe(
      204,
    );
  });

  it("refuses a request without CallSid", async () => {
    expect((await post("/api/phone/status", { CallStatus: "completed" })).statusCode).toBe(400);
  });
});

describe("signatures", () => {
  const token = "12345678901234567890123456789012";
  const origin = "https://voice.example.com";

  beforeEach(async () => {
    await fixture.app.close();
    fixture = httpFixture({ twilioAuthToken: token, apiSecretKey: "k-1", publicUrl: () => origin });
  });

  function signed(path: string, fields: Record<string, string>): Record<string, string> {
    const text = Object.keys(fields)
      .sort()
      .reduce((all, key) => all + key + fields[key], origin + path);
    return { "x-twilio-signature": createHmac("sha1", token).update(text).digest("base64") };
  }

  it.each(["/api/phone/incoming", "/api/phone/incoming?after=media&x=a%20b"])(
    "are computed over PUBLIC_URL, the path, the raw query and all fields: %s",
    async (path) => {
      const fields = { CallSid: "CA1", SomethingNew: "é", ...caller };
      expect((await post(path, fields, signed(path, fields))).statusCode).toBe(200);
    },
  );

  it("do not depend on what the request says of its host", async () => {
    const fields = { CallSid: "CA1", ...caller };
    const headers = { host: "evil.example.com", "x-forwarded-host": "evil.example.com" };
    const response = await post("/api/phone/incoming", fields, {
      ...headers,
      ...signed("/api/phone/incoming", fields),
    });
    expect(response.statusCode).toBe(200);
  });

  it.each(["/api/phone/incoming", "/api/phone/status"])("refuse an unsigned request to %s", async (path) => {
    const response = await post(path, { CallSid: "CA1", CallStatus: "completed" });
    expect(response.statusCode).toBe(403);
    expect(response.json()).toEqual({
      detail: expect.stringContaining("X-Twilio-Signature"),
      code: "FORBIDDEN",
    });
    expect(fixture.registry.liveCount).toBe(0);
  });

  it("refuse a request that was altered", async () => {
    const headers = signed("/api/phone/incoming", { CallSid: "CA1", From: "+14155550100" });
    const response = await post("/api/phone/incoming", { CallSid: "CA1", From: "+14155550101" }, headers);
    expect(response.statusCode).toBe(403);
  });
});

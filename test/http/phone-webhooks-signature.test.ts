import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HttpFixture, httpFixture } from "./http-fixture.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };
const caller = { From: "+14155550100", To: "+15005550006", CallStatus: "ringing" };
let fixture: HttpFixture;

function post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const payload = new URLSearchParams(fields).toString();
  return fixture.app.inject({ method: "POST", url, payload, headers: { ...form, ...headers } });
}

describe("signatures", () => {
  const token = "12345678901234567890123456789012";
  const origin = "https://voice.example.com";

  beforeEach(async () => {
    fixture = await httpFixture({ twilioAuthToken: token, apiSecretKey: "k-1", publicUrl: () => origin });
  });

  afterEach(async () => {
    await fixture.close();
  });

  function signed(path: string, fields: Record<string, string>): Record<string, string> {
    const text = Object.keys(fields)
      .sort()
      .reduce((all, key) => all + key + fields[key], origin + path);
    return { "x-twilio-signature": createHmac("sha1", token).update(text).digest("base64") };
  }

  it.each([
    "/api/phone/incoming",
    "/api/phone/incoming?after=media&x=a%20b",
    "/api/phone/incoming?session_id=7",
    "/api/phone/process-speech",
    "/api/phone/process-speech?wait=1",
    "/api/phone/callback",
  ])("are computed over PUBLIC_URL, the path, the raw query and all fields: %s", async (path) => {
    const fields = { CallSid: "CA1", SomethingNew: "é", ...caller };
    expect((await post(path, fields, signed(path, fields))).statusCode).toBe(200);
  });

  it("do not depend on what the request says of its host", async () => {
    const fields = { CallSid: "CA1", ...caller };
    const headers = { host: "evil.example.com", "x-forwarded-host": "evil.example.com" };
    const response = await post("/api/phone/incoming", fields, {
      ...headers,
      ...signed("/api/phone/incoming", fields),
    });
    expect(response.statusCode).toBe(200);
  });

  it.each(["/api/phone/incoming", "/api/phone/status", "/api/phone/process-speech", "/api/phone/callback"])(
    "refuse an unsigned request to %s",
    async (path) => {
      const response = await post(path, { CallSid: "CA1", ...caller, CallStatus: "completed", Digits: "1" });
      expect(response.statusCode).toBe(403);
      expect(response.json()).toEqual({
        detail: expect.stringContaining("X-Twilio-Signature"),
        code: "FORBIDDEN",
      });
      expect(fixture.registry.liveCount).toBe(0);
      expect(await fixture.store.batches.running()).toEqual([]);
    },
  );

  it("refuse a request that was altered", async () => {
    const headers = signed("/api/phone/incoming", { CallSid: "CA1", From: "+14155550100" });
    const response = await post("/api/phone/incoming", { CallSid: "CA1", From: "+14155550101" }, headers);
    expect(response.statusCode).toBe(403);
  });
});

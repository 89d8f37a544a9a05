import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };
const caller = { From: "+14155550100", To: "+15005550006", CallStatus: "ringing" };
let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture();
});

afterEach(async () => {
  await fixture.close();
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
    await fixture.close();
    fixture = await httpFixture({ publicUrl: () => "https://voice.example.com" });
    const response = await post("/api/phone/incoming", { CallSid: "CA1" });
    expect(response.body).toContain('url="wss://voice.example.com/api/phone/media"');
  });

  it("has the carrier speak and listen when no line for a stream is free, and then is busy", async () => {
    liveCall(fixture, "CA1");
    liveCall(fixture, "CA2");
    for (const CallSid of ["CA3", "CA4", "CA5", "CA6"]) {
      expect((await post("/api/phone/incoming", { CallSid, ...caller })).body).toContain("<Gather");
    }
    const response = await post("/api/phone/incoming", { CallSid: "CA7", ...caller });
    expect(response.statusCode).toBe(200);
    expect(response.body).toContain('<Reject reason="busy"/>');
  });

  it("does not reject a call that the carrier has dialled for us", async () => {
    fixture.registry.drain();
    const response = await post("/api/phone/incoming", { CallSid: "CA1", Direction: "outbound-api" });
    expect(response.body).toMatch(/<Say language="en-US">.*busy.*<\/Say><Hangup\/>/);
  });

  it("knows a call of ours by our own id before the carrier's id has come", async () => {
    fixture.carrier.react = () => "hangs";
    const placing = fixture.app.inject({
      method: "POST",
      url: "/initiate",
      payload: { phone: "+14155550100" },
    });
    while (fixture.carrier.orders.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const sessionId = fixture.carrier.orders[0]?.sessionId ?? 0;
    const outbound = { CallSid: "CA1", From: "+15005550006", To: "+14155550100", Direction: "outbound-api" };
    const response = await post(`/api/phone/incoming?session_id=${sessionId}`, outbound);
    expect(response.body).toContain(`<Parameter name="session_id" value="${sessionId}"/>`);
    expect(fixture.registry.find(sessionId)).toMatchObject({
      status: "answered",
      call: { sipCallId: "CA1" },
    });
    expect(fixture.registry.liveCount).toBe(1);
    fixture.desk.control.close();
    await placing;
  });

  it.each([
    ["CA1", "inbound", "inbound", "scripted"],
    ["CA1", "outbound-api", "outbound", "scripted"],
    ["CA1", "outbound-dial", "outbound", "scripted"],
    ["SC_1", "inbound", "inbound", "simulated"],
  ])("takes the call %s (%s) as %s of the carrier %s", async (CallSid, Direction, direction, carrier) => {
    await post("/api/phone/incoming", { CallSid, Direction, From: "+14155550100", To: "+15005550006" });
    expect(fixture.registry.findBySipCallId(CallSid)?.call).toMatchObject({ direction, carrier });
  });

  it("says so when a call that lost its media finds no line free: it cannot be rejected any more", async () => {
    fixture.registry.end(liveCall(fixture, "CA1"), "media-lost");
    fixture.registry.drain();
    const response = await post("/api/phone/incoming?after=media", { CallSid: "CA1", ...caller });
    expect(response.body).toMatch(/<Say language="en-US">.*busy.*<\/Say><Hangup\/>/);
  });

  it("hangs up a call that is over", async () => {
    fixture.registry.end(liveCall(fixture, "CA1"), "agent-goodbye");
    const response = await post("/api/phone/incoming?after=media", { CallSid: "CA1", ...caller });
    expect(response.body).toContain("<Response><Hangup/></Response>");
  });

  it("connects a call again that lost its media", async () => {
    const lost = liveCall(fixture, "CA1");
    const response = await post("/api/phone/incoming?after=media", { CallSid: "CA1", ...caller });
    expect(response.body).toContain("<Stream");
    expect(response.body).toContain(`name="session_id" value="${lost}"`);
    expect(fixture.registry.find(lost)).toMatchObject({ status: "answered", mediaClaimed: false });
  });

  it("sends a call on to another process while this one shuts down, a bounded number of times", async () => {
    const elsewhere = await httpFixture({}, { othersTakeCalls: true });
    elsewhere.registry.drain();
    const ask = async (query: string) => {
      const response = await elsewhere.app.inject({
        method: "POST",
        url: `/api/phone/incoming?${query}`,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        payload: new URLSearchParams({ CallSid: "CA1", ...caller }).toString(),
      });
      expect(response.headers.connection).toBe("close");
      return response.body;
    };
    const at = "http://127.0.0.1:8000/api/phone/incoming?after=media&amp;again";
    expect(await ask("after=media")).toContain(`<Response><Redirect method="POST">${at}=1</Redirect>`);
    expect(await ask("after=media&again=2")).toContain(
      `<Response><Redirect method="POST">${at}=3</Redirect>`,
    );
    expect(await ask("after=media&again=3")).toContain(
      `<Response><Pause length="1"/><Redirect method="POST">${at}=4</Redirect>`,
    );
    expect(await ask("after=media&again=10")).toContain("<Hangup/>");
    await elsewhere.close();
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

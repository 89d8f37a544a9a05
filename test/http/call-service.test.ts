import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { type HttpFixture, httpFixture } from "./http-fixture.ts";

let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture();
});

afterEach(async () => {
  await fixture.close();
});

function post(url: string, payload: unknown) {
  return fixture.app.inject({ method: "POST", url, payload: payload as object });
}

async function received(phone = "+1234567890"): Promise<string> {
  return (await post("/receive", { phone })).json().call_id;
}

describe("POST /initiate", () => {
  it("places a call, which is durable when it is answered", async () => {
    const response = await post("/initiate", { phone: "+1234567890" });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ call_id: "call_1", status: "initiated" });
    expect(fixture.carrier.orders).toMatchObject([{ sessionId: 1, to: "+1234567890", from: "+15005550006" }]);
    expect(await fixture.store.calls.call(1)).toMatchObject({ status: "initiated", direction: "outbound" });
  });

  it("tells what the carrier says when it does not take the call", async () => {
    fixture.carrier.react = () => new GatewayError("PROVIDER_UNAVAILABLE", "Connection timeout");
    const response = await post("/initiate", { phone: "+1234567890" });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      detail: "Failed to create outbound call: Connection timeout",
      code: "CALL_NOT_PLACED",
    });
  });

  it("tells when to come again while no line is free", async () => {
    await post("/initiate", { phone: "+1234567890" });
    await post("/initiate", { phone: "+1234567891" });
    const response = await post("/initiate", { phone: "+1234567892" });
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(response.json().code).toBe("AT_CAPACITY");
  });

  it("tells when to come again while the gateway shuts down", async () => {
    fixture.registry.drain();
    const response = await post("/initiate", { phone: "+1234567890" });
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(response.json().code).toBe("DRAINING");
  });
});

describe("POST /receive", () => {
  it("lets a call ring on the simulated line", async () => {
    const response = await post("/receive", { phone: "+1234567890" });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ call_id: "call_1", status: "ringing" });
    expect(fixture.line.received).toEqual(["SC_1"]);
    expect(fixture.registry.find(1)).toMatchObject({
      status: "ringing",
      call: { direction: "inbound", from: "+1234567890", to: "+15005550006" },
    });
  });
});

describe("POST /answer", () => {
  it("picks up, and again changes nothing", async () => {
    const call_id = await received();
    for (const _ of [1, 2]) {
      const response = await post("/answer", { call_id });
      expect(response.statusCode).toBe(200);
      expect(response.json()).toEqual({ status: "answered" });
    }
    expect(fixture.registry.find(1)?.status).toBe("answered");
    expect(fixture.line.answered).toContain("SC_1");
  });

  it("refuses a call that is over", async () => {
    const call_id = await received();
    await post("/end", { call_id });
    const response = await post("/answer", { call_id });
    expect(response.statusCode).toBe(409);
    expect(response.json()).toEqual({ detail: expect.stringContaining("over"), code: "CONFLICT" });
  });
});

describe("POST /end", () => {
  it("tells how long was talked, the same when asked again", async () => {
    const call_id = await received();
    fixture.clock.advanceTo(1_000);
    await post("/answer", { call_id });
    fixture.clock.advanceTo(46_200);
    const ended = await post("/end", { call_id });
    expect(ended.statusCode).toBe(200);
    expect(ended.json()).toEqual({ status: "ended", duration: 45.2 });
    fixture.clock.advanceTo(90_000);
    expect((await post("/end", { call_id })).json()).toEqual({ status: "ended", duration: 45.2 });
  });

  it("gives the duration with three decimals at most", async () => {
    const call_id = await received();
    await post("/answer", { call_id });
    fixture.clock.advanceTo(1_234.567_8);
    expect((await post("/end", { call_id })).json()).toEqual({ status: "ended", duration: 1.235 });
  });

  it("takes 0 for a call that nobody answered", async () => {
    const call_id = await received();
    fixture.clock.advanceTo(5_000);
    expect((await post("/end", { call_id })).json()).toEqual({ status: "ended", duration: 0 });
    expect(fixture.registry.find(1)?.status).toBe("canceled");
  });

  it("makes a given transcript part of the call's", async () => {
    const call_id = await received();
    await post("/answer", { call_id });
    await post("/end", { call_id, transcript: "agent: Hello!\ncustomer: Hi, my heating is off." });
    const transcript = (await fixture.app.inject("/api/v1/calls/1/transcript")).json();
    expect(transcript).toMatchObject([
      { id: 1, speaker: "ai_agent", text: "Hello!" },
      { id: 2, speaker: "customer", text: "Hi, my heating is off." },
    ]);
  });

  it("adds a transcript also after the end, and not twice", async () => {
    const call_id = await received();
    await post("/end", { call_id });
    await post("/end", { call_id, transcript: "Call me back." });
    await post("/end", { call_id, transcript: "Call me back." });
    const transcript = (await fixture.app.inject("/api/v1/calls/1/transcript")).json();
    expect(transcript).toMatchObject([{ speaker: "customer", text: "Call me back." }]);
  });

  it("takes the transcript of hours, and null for none", async () => {
    const call_id = await received();
    const long = await post("/end", { call_id, transcript: "word ".repeat(100_000) });
    expect(long.statusCode).toBe(200);
    expect((await post("/end", { call_id, transcript: null })).statusCode).toBe(200);
    expect((await post("/end", { call_id, transcript: "x".repeat(1_100_000) })).statusCode).toBe(413);
  });
});

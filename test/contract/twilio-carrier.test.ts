import { inspect } from "node:util";
import twilio from "twilio";
import { afterEach, describe, expect, it } from "vitest";
import type { PlaceCall } from "../../src/calls/carrier.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import type { Fault } from "../../src/simulation/stand-ins/stand-in.ts";
import {
  startTwilioStandIn,
  type TwilioStandIn,
  type TwilioStandInOptions,
} from "../../src/simulation/stand-ins/twilio-stand-in.ts";
import { TwilioCarrier, type TwilioCarrierOptions } from "../../src/telephony/twilio-carrier.ts";
import type { TwilioLimits } from "../../src/telephony/twilio-tries.ts";

const ACCOUNT = `AC${"0".repeat(32)}`;
const TOKEN = "secret-token-of-the-account";
const FROM = "+15550100001";
const TO = "+14155550100";
const STALL: Fault = { type: "stall", afterMessages: 0 };
const DROP: Fault = { type: "drop", afterMessages: 0 };
const limits: Partial<TwilioLimits> = {
  request: 1_000,
  budget: 8_000,
  backoff: { first: 5, max: 20 },
  listingDelay: 0,
};
const never = new AbortController().signal;

let standIn: TwilioStandIn;
let carrier: TwilioCarrier;

afterEach(async () => {
  await carrier.close();
  await standIn.close();
});

async function start(api: Partial<TwilioStandInOptions> = {}, more: Partial<TwilioCarrierOptions> = {}) {
  standIn = await startTwilioStandIn({
    clock: systemClock,
    accountSid: ACCOUNT,
    authToken: TOKEN,
    numbers: [{ phone_number: FROM }],
    retryAfter: 0,
    ...api,
  });
  carrier = new TwilioCarrier({
    clock: systemClock,
    accountSid: ACCOUNT,
    authToken: TOKEN,
    baseUrl: standIn.origin,
    publicUrl: () => "https://gw.example.com",
    limits,
    ...more,
  });
}

const order = (more: Partial<PlaceCall> = {}): PlaceCall => ({
  sessionId: 7,
  to: TO,
  from: FROM,
  ringLimit: 30_500,
  timeLimit: 600_000,
  machineDetection: false,
  ...more,
});
const status = (code: number): Fault => ({ type: "status", status: code });
const requests = (method: string) => standIn.log.filter(({ what }) => what.startsWith(method)).length;

async function refusal(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GatewayError);
  expect(inspect(error, { depth: 9 })).not.toContain(TOKEN);
  return error as GatewayError;
}

describe("TwilioCarrier.place", () => {
  it("orders the call with its webhooks and limits", async () => {
    await start();
    const { sipCallId } = await carrier.place(order(), never);
    expect(standIn.created).toHaveLength(1);
    const [created] = standIn.created;
    expect(created?.sid).toBe(sipCallId);
    expect(created?.form.getAll("StatusCallbackEvent")).toEqual([
      "initiated",
      "ringing",
      "answered",
      "completed",
    ]);
    expect(Object.fromEntries(created?.form ?? [])).toEqual({
      To: TO,
      From: FROM,
      Url: "https://gw.example.com/api/phone/incoming?session_id=7",
      Method: "POST",
      StatusCallback: "https://gw.example.com/api/phone/status?session_id=7",
      StatusCallbackMethod: "POST",
      StatusCallbackEvent: "completed",
      Timeout: "31",
      TimeLimit: "600",
    });
  });

  it("has machines detected while the call goes on", async () => {
    await start();
    await carrier.place(order({ machineDetection: true }), never);
    expect(Object.fromEntries(standIn.created[0]?.form ?? [])).toMatchObject({
      MachineDetection: "Enable",
      AsyncAmd: "true",
      AsyncAmdStatusCallback: "https://gw.example.com/api/phone/status?session_id=7",
    });
  });

  it("refuses a number that no line can have, without asking", async () => {
    await start();
    expect(await refusal(carrier.place(order({ to: "+1234567890" }), never))).toMatchObject({
      code: "PROVIDER_REFUSED",
    });
    expect(standIn.log).toEqual([]);
  });

  it("tells in Twilio's words why a call is refused, and does not try again", async () => {
    await start();
    const error = await refusal(carrier.place(order({ from: "+15550100002" }), never));
    expect(error.code).toBe("PROVIDER_REFUSED");
    expect(error.message).toMatch(/^Twilio answered 400: .*not yet verified.* \(21210\)$/);
    expect(standIn.log).toHaveLength(1);
  });

  it("shows no token when the account is refused", async () => {
    await start({ authToken: "another" });
    const error = await refusal(carrier.place(order(), never));
    expect([error.code, error.message]).toEqual([
      "PROVIDER_REFUSED",
      "Twilio answered 401: Authenticate (20003)",
    ]);
  });

  it("comes back after a 429, without looking for a call", async () => {
    await start();
    standIn.inject(status(429), status(429));
    const { sipCallId } = await carrier.place(order(), never);
    expect(standIn.created.map(({ sid }) => sid)).toEqual([sipCallId]);
    expect([requests("POST"), requests("GET")]).toEqual([3, 0]);
  });

  it("gives up after four 429", async () => {
    await start();
    standIn.inject(status(429), status(429), status(429), status(429));
    expect((await refusal(carrier.place(order(), never))).code).toBe("PROVIDER_RATE_LIMITED");
    expect(requests("POST")).toBe(4);
  });

  it("gives up at once when it is to wait for longer than it has", async () => {
    await start({ retryAfter: 3_600 });
    standIn.inject(status(429));
    expect((await refusal(carrier.place(order(), never))).code).toBe("PROVIDER_RATE_LIMITED");
    expect(requests("POST")).toBe(1);
  });

  it.each([
    ["a 500", status(500)],
    ["a 503", status(503)],
    ["a dropped connection", DROP],
    ["no answer", STALL],
  ])("tries again after %s, once the list shows no call", async (_, fault) => {
    await start();
    standIn.inject(fault);
    const { sipCallId } = await carrier.place(order(), never);
    expect(standIn.created.map(({ sid }) => sid)).toEqual([sipCallId]);
    expect([requests("POST"), requests("GET")]).toEqual([2, 1]);
  });

  it.each([
    ["a 500", status(500)],
    ["a dropped connection", DROP],
    ["no answer", STALL],
    ["half an answer", { type: "malformed", atMessage: 0 } as const],
  ])("finds the call that was made in spite of %s", async (_, fault) => {
    await start({ listingDelay: 100 }, { limits: { ...limits, listingDelay: 3_000 } });
    standIn.injectAfterCreate(fault);
    const { sipCallId } = await carrier.place(order(), never);
    expect(standIn.created.map(({ sid }) => sid)).toEqual([sipCallId]);
    expect(requests("POST")).toBe(1);
  });

  it("finds it with a clock that is an hour wrong", async () => {
    const late = { ...systemClock, wall: () => systemClock.wall() + 3_600_000 };
    await start({}, { clock: late });
    standIn.injectAfterCreate(status(500));
    await carrier.place(order(), never);
    expect(standIn.created).toHaveLength(1);
  });

  it("does not take an earlier call to the same number for the one it made", async () => {
    await start();
    const first = await carrier.place(order(), never);
    standIn.inject(status(500));
    const second = await carrier.place(order(), never);
    expect(standIn.created.map(({ sid }) => sid)).toEqual([first.sipCallId, second.sipCallId]);
  });

  it("does not take a call that somebody else placed a minute ago, however slow its own clock is", async () => {
    let shift = -60_000;
    const api = { clock: { ...systemClock, wall: () => systemClock.wall() + shift } };
    await start(api, { clock: { ...systemClock, wall: () => systemClock.wall() - 3_600_000 } });
    const client = twilio(ACCOUNT, TOKEN, { timeout: 1_500, edge: "", region: "" });
    client.api.baseUrl = standIn.origin;
    const theirs = await client.calls.create({ to: TO, from: FROM, url: "https://gw.example.com/" });
    shift = 0;
    standIn.inject(status(500));
    const ours = await carrier.place(order(), never);
    expect(standIn.created.map(({ sid }) => sid)).toEqual([theirs.sid, ours.sipCallId]);
  });

  it("gives every one of several orders for one number its own call", async () => {
    await start({ listingDelay: 30 }, { limits: { ...limits, listingDelay: 300 } });
    standIn.injectAfterCreate(status(500), DROP, status(502), status(500));
    const placed = await Promise.all(
      Array.from({ length: 6 }, (_, index) => carrier.place(order({ sessionId: index + 1 }), never)),
    );
    expect(new Set(placed.map(({ sipCallId }) => sipCallId)).size).toBe(6);
    expect(standIn.created.map(({ sid }) => sid)).toEqual(placed.map(({ sipCallId }) => sipCallId));
    expect(standIn.created.map(({ form }) => form.get("Url")?.at(-1))).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
      "6",
    ]);
  });

  it("does not keep one number waiting for another", async () => {
    await start();
    standIn.injectAfterCreate(STALL);
    const slow = carrier.place(order(), never);
    await expect.poll(() => standIn.created.length).toBe(1);
    const fast = await carrier.place(order({ to: "+14155550101" }), never);
    expect(standIn.created[1]?.sid).toBe(fast.sipCallId);
    await slow;
  });

  it("says that it does not know, when neither the call nor the list is answered", async () => {
    await start({}, { limits: { ...limits, request: 1_000, budget: 4_000, listingDelay: 1_000 } });
    standIn.inject(...Array.from({ length: 30 }, () => STALL));
    expect((await refusal(carrier.place(order(), never))).code).toBe("PROVIDER_TIMEOUT");
    expect(requests("POST")).toBe(1);
  });

  it("says that Twilio is not there", async () => {
    await start();
    await standIn.close();
    const error = await refusal(carrier.place(order(), never));
    expect([error.code, error.message]).toEqual([
      "PROVIDER_UNAVAILABLE",
      "The connection to Twilio failed (ECONNREFUSED)",
    ]);
  });

  it.each([
    ["while Twilio is asked", 1],
    ["while another call to the number is placed", 2],
  ])("stops with the signal's reason %s", async (_, orders) => {
    await start();
    standIn.inject(STALL);
    const abort = new AbortController();
    const placing = Array.from({ length: orders }, () => refusal(carrier.place(order(), abort.signal)));
    await expect.poll(() => standIn.log.length).toBe(1);
    abort.abort(new GatewayError("DRAINING", "The gateway is shutting down."));
    expect((await Promise.all(placing)).map(({ code }) => code)).toEqual(Array(orders).fill("DRAINING"));
    expect(standIn.log).toHaveLength(1);
    expect((await refusal(carrier.place(order(), abort.signal))).code).toBe("DRAINING");
    expect(await carrier.place(order(), never)).toMatchObject({ sipCallId: standIn.created[0]?.sid });
  });

  it("stops when it is closed", async () => {
    await start();
    standIn.inject(STALL);
    const placing = refusal(carrier.place(order(), never));
    await expect.poll(() => standIn.log.length).toBe(1);
    await carrier.close();
    expect((await placing).message).toBe("The carrier is closed");
  });

  it("can be warmed up", async () => {
    await start();
    carrier.warm();
    expect(await carrier.place(order(), never)).toMatchObject({ sipCallId: expect.any(String) });
  });
});

describe("TwilioCarrier.hangUp", () => {
  it("ends a call, and again", async () => {
    await start();
    const { sipCallId } = await carrier.place(order(), never);
    await carrier.hangUp(sipCallId);
    expect((await carrier.status(sipCallId))?.status).toBe("completed");
    await carrier.hangUp(sipCallId);
  });

  it("takes a call that Twilio does not know for ended", async () => {
    await start();
    await carrier.hangUp(`CA${"f".repeat(32)}`);
    expect(standIn.log).toHaveLength(1);
    await carrier.hangUp("SC_0123456789abcdef0123");
    expect(standIn.log).toHaveLength(1);
  });

  it.each([429, 500, 503])("tries again after a %i", async (code) => {
    await start();
    const { sipCallId } = await carrier.place(order(), never);
    standIn.inject(status(code), DROP);
    await carrier.hangUp(sipCallId);
    expect((await carrier.status(sipCallId))?.status).toBe("completed");
  });

  it("gives up in the end", async () => {
    await start();
    const { sipCallId } = await carrier.place(order(), never);
    standIn.inject(status(500), status(500), status(500), status(500));
    expect((await refusal(carrier.hangUp(sipCallId))).code).toBe("PROVIDER_UNAVAILABLE");
  });
});

describe("TwilioCarrier.status", () => {
  it("tells what Twilio knows of a call", async () => {
    await start();
    const { sipCallId } = await carrier.place(order(), never);
    const call = await carrier.status(sipCallId);
    expect(call).toEqual({
      sipCallId,
      to: TO,
      from: FROM,
      status: "queued",
      startedAt: expect.any(Number),
      endedAt: null,
    });
    await carrier.hangUp(sipCallId);
    expect(await carrier.status(sipCallId)).toMatchObject({
      status: "completed",
      endedAt: expect.any(Number),
    });
  });

  it("knows no other call", async () => {
    await start();
    expect(await carrier.status(`CA${"f".repeat(32)}`)).toBeUndefined();
    expect(await carrier.status("SC_0123456789abcdef0123")).toBeUndefined();
  });

  it("does not take trouble for ignorance", async () => {
    await start();
    standIn.inject(status(401));
    expect((await refusal(carrier.status(`CA${"f".repeat(32)}`))).code).toBe("PROVIDER_REFUSED");
  });
});

describe("TwilioCarrier.find", () => {
  it("finds the calls of one pair of numbers, oldest first, whether dialled or not", async () => {
    await start();
    const since = systemClock.wall();
    const placed: string[] = [];
    for (let call = 0; call < 3; call++) placed.push((await carrier.place(order(), never)).sipCallId);
    await carrier.place(order({ to: "+14155550101" }), never);
    await carrier.hangUp(placed[1] ?? "");
    const found = await carrier.find({ to: TO, from: FROM, since });
    expect(found.map(({ sipCallId }) => sipCallId)).toEqual(placed);
    expect(found.map((call) => call.status)).toEqual(["queued", "completed", "queued"]);
    expect(await carrier.find({ to: TO, from: FROM, since: since + 60_000 })).toEqual([]);
    expect(await carrier.find({ to: TO, from: "+15550100002", since })).toEqual([]);
  });

  it("goes through the pages", async () => {
    await start();
    const since = systemClock.wall();
    await Promise.all(Array.from({ length: 120 }, () => carrier.place(order(), never)));
    expect(await carrier.find({ to: TO, from: FROM, since })).toHaveLength(120);
  });
});

import { validateRequest } from "twilio/lib/webhooks/webhooks.js";
import { afterEach, describe, expect, it } from "vitest";
import type { PlaceCall } from "../../src/calls/carrier.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import {
  type CarrierTimings,
  SimulatedCarrier,
  type SimulatedCarrierOptions,
} from "../../src/simulation/carrier/simulated-carrier.ts";
import {
  type Script,
  type ScriptedGateway,
  type SeenRequest,
  scriptedGateway,
} from "./simulated-phone-server.ts";

const PUBLIC = "https://gw.example.com";
const TOKEN = "12345678901234567890123456789012";
const FROM = "+15005550006";
const never = new AbortController().signal;
const timings: Partial<CarrierTimings> = { ring: 30, unanswered: 60, detection: 20, gather: 20, close: 500 };

const connect = (after = "<Hangup/>") =>
  `<Response><Connect><Stream url="${PUBLIC.replace("http", "ws")}/api/phone/media"/></Connect>${after}</Response>`;

let gateway: ScriptedGateway;
let carrier: SimulatedCarrier;

afterEach(async () => {
  await carrier.close();
  await gateway.close();
});

async function start(script: Partial<Script> = {}, more: Partial<SimulatedCarrierOptions> = {}) {
  gateway = await scriptedGateway({ answer: () => connect(), ...script });
  carrier = await SimulatedCarrier.open({
    clock: systemClock,
    publicUrl: () => PUBLIC,
    dialOrigin: () => gateway.origin,
    timings,
    ...more,
  });
}

const order = (more: Partial<PlaceCall> = {}): PlaceCall => ({
  sessionId: 7,
  to: "+14155550100",
  from: FROM,
  ringLimit: 60_000,
  timeLimit: 60_000,
  machineDetection: false,
  ...more,
});
const place = async (more?: Partial<PlaceCall>) => (await carrier.place(order(more), never)).sipCallId;
const statusOf = async (sipCallId: string) => (await carrier.status(sipCallId))?.status;
const over = (sipCallId: string, status: string) => expect.poll(() => statusOf(sipCallId)).toBe(status);
const callbacks = () => gateway.requests.filter(({ url }) => url.startsWith("/api/phone/status"));
const told = () => callbacks().map(({ form }) => form.CallStatus);
const questions = () => gateway.requests.filter(({ url }) => url.startsWith("/api/phone/incoming"));
/** Another order of things than the wire's: the callbacks come in their own time. */
const tells = (...statuses: string[]) => expect.poll(told).toEqual(statuses);

describe("an outbound call of the simulated carrier", () => {
  it("rings, is answered, and is talked on until the agent's goodbye", async () => {
    await start({ react: ({ event }, stream) => event === "media" && stream.index === 0 && stream.close() });
    const sipCallId = await place();
    expect(sipCallId).toMatch(/^SC_[0-9a-f]{20}$/);
    expect(await carrier.status(sipCallId)).toEqual({
      sipCallId,
      to: "+14155550100",
      from: FROM,
      status: expect.stringMatching(/initiated|ringing/),
      startedAt: expect.any(Number),
      endedAt: null,
    });
    await over(sipCallId, "completed");
    await tells("initiated", "ringing", "in-progress", "completed");
    expect(callbacks().map(({ form }) => form.SequenceNumber)).toEqual(["0", "1", "2", "3"]);
    const [first] = callbacks();
    expect(first).toMatchObject({
      method: "POST",
      url: "/api/phone/status?session_id=7",
      form: {
        CallSid: sipCallId,
        From: FROM,
        To: "+14155550100",
        Direction: "outbound-api",
        CallbackSource: "call-progress-events",
        Timestamp: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/),
      },
    });
    expect(first?.form).not.toHaveProperty("CallDuration");
    expect(callbacks().at(-1)?.form).toMatchObject({
      CallDuration: expect.stringMatching(/^\d+$/),
      Duration: "1",
      SipResponseCode: "200",
    });
    expect(questions()).toMatchObject([
      {
        method: "POST",
        url: "/api/phone/incoming?session_id=7",
        form: { CallSid: sipCallId, CallStatus: "in-progress", Direction: "outbound-api" },
      },
    ]);
    expect(await carrier.status(sipCallId)).toMatchObject({ endedAt: expect.any(Number) });
  });

  it.each([
    ["+14155559901", "busy", ["initiated", "busy"]],
    ["+14155559902", "no-answer", ["initiated", "ringing", "no-answer"]],
    ["+14155559903", "failed", ["initiated", "failed"]],
  ])("to %s is %s", async (to, status, statuses) => {
    await start();
    const sipCallId = await place({ to });
    await over(sipCallId, status);
    await tells(...statuses);
    expect(callbacks().at(-1)?.form).toMatchObject({ CallDuration: "0" });
    expect(callbacks().at(-1)?.form).not.toHaveProperty("Duration");
    expect(questions()).toEqual([]);
    carrier.answer(sipCallId);
    expect(gateway.upgrades).toEqual([]);
  });

  it("does not answer when it may not ring for long enough", async () => {
    await start();
    const sipCallId = await place({ ringLimit: 5 });
    await over(sipCallId, "no-answer");
  });

  it("is signed for the public origin, and dialled at the local one", async () => {
    await start({}, { authToken: TOKEN });
    await place({ machineDetection: true });
    await expect.poll(() => gateway.upgrades.length).toBe(1);
    await expect.poll(() => callbacks().length).toBe(4);
    const valid = ({ url, form, signature }: SeenRequest) =>
      validateRequest(TOKEN, signature ?? "", PUBLIC + url, { ...form });
    expect(gateway.requests.map(valid)).toEqual(Array(5).fill(true));
    const [upgrade] = gateway.upgrades;
    const media = "wss://gw.example.com/api/phone/media";
    expect(validateRequest(TOKEN, upgrade?.signature ?? "", media, {})).toBe(true);
  });

  it("has its machine detection told while it goes on", async () => {
    await start();
    const sipCallId = await place({ machineDetection: true });
    await expect.poll(() => callbacks().length).toBe(4);
    const { form, url } = callbacks().at(-1) ?? { form: {}, url: "" };
    expect(form).toEqual({
      AccountSid: expect.any(String),
      CallSid: sipCallId,
      AnsweredBy: "human",
      MachineDetectionDuration: "20",
    });
    expect(url).toBe("/api/phone/status?session_id=7");
    expect(await statusOf(sipCallId)).toBe("in-progress");
  });

  it("is picked up at once, and only once, by answer()", async () => {
    await start({}, { timings: { ...timings, ring: 60_000, unanswered: 60_000 } });
    for (const to of ["+14155550100", "+14155559902"]) {
      const sipCallId = await place({ to });
      carrier.answer(sipCallId);
      carrier.answer(sipCallId);
      await over(sipCallId, "in-progress");
      carrier.answer(sipCallId);
    }
    await expect.poll(() => gateway.streams.length).toBe(2);
    await expect.poll(() => gateway.streams.map((stream) => stream.length > 3)).toEqual([true, true]);
    expect(questions()).toHaveLength(2);
  });

  it("is canceled by hanging up while it rings, and completed while it is talked on", async () => {
    await start({}, { timings: { ...timings, ring: 60_000 } });
    const ringing = await place();
    await carrier.hangUp(ringing);
    await over(ringing, "canceled");
    await tells("initiated", "ringing", "canceled");
    const talking = await place();
    carrier.answer(talking);
    await expect.poll(() => gateway.streams[0]?.length).toBeGreaterThan(3);
    await carrier.hangUp(talking);
    await carrier.hangUp(talking);
    await over(talking, "completed");
    expect(gateway.streams[0]?.at(-1)).toMatchObject({ event: "stop" });
    await carrier.hangUp(talking);
    await carrier.hangUp("SC_unknown");
    await expect.poll(() => told().at(-1)).toBe("completed");
    expect(told().filter((status) => status === "completed")).toHaveLength(1);
  });

  it("is canceled when it is hung up on in the moment of the answer", async () => {
    await start({}, { timings: { ...timings, ring: 60_000 } });
    const sipCallId = await place();
    carrier.answer(sipCallId);
    await carrier.hangUp(sipCallId);
    await over(sipCallId, "canceled");
    expect(questions()).toEqual([]);
  });

  it("ends at its time limit", async () => {
    await start();
    await over(await place({ timeLimit: 60 }), "completed");
  });

  it("follows the callee's script", async () => {
    await start(
      {},
      {
        scriptFor: ({ to }) => [
          { type: "press", digits: to.slice(-1), cue: { when: "at", at: 20 } },
          { type: "hang-up", cue: { when: "after", wait: 20 } },
        ],
      },
    );
    await over(await place({ to: "+14155550105" }), "completed");
    expect(gateway.streams[0]?.find(({ event }) => event === "dtmf")).toMatchObject({ dtmf: { digit: "5" } });
  });

  it("stays with an agent who listens to words only, and hears none", async () => {
    const gather =
      '<Response><Gather action="/x"><Say>Well?</Say></Gather><Redirect>/again</Redirect></Response>';
    await start({ answer: (_request, index) => (index < 12 ? gather : "<Response><Hangup/></Response>") });
    await over(await place(), "completed");
    expect(gateway.requests.filter(({ url }) => url === "/again").length).toBeGreaterThan(5);
  });

  it.each([
    ["the voice webhook fails", { answer: () => 500 }],
    ["the TwiML is none", { answer: () => "<Nonsense/>" }],
    ["the media socket is refused", { refuseUpgrade: 403 }],
  ])("is completed when %s", async (_, script) => {
    await start(script);
    await over(await place(), "completed");
    await tells("initiated", "ringing", "in-progress", "completed");
  });

  it("goes on without a gateway", async () => {
    await start();
    await gateway.close();
    await over(await place(), "completed");
    gateway = await scriptedGateway({ answer: () => connect() });
  });

  it("is not placed when nobody wants it any more, or the carrier is closed", async () => {
    await start();
    const gone = AbortSignal.abort(new GatewayError("DRAINING", "over"));
    await expect(carrier.place(order(), gone)).rejects.toMatchObject({ code: "DRAINING" });
    const abort = new AbortController();
    const placing = carrier.place(order(), abort.signal);
    abort.abort();
    await expect(placing).rejects.toBeInstanceOf(GatewayError);
    await carrier.close();
    await expect(carrier.place(order(), never)).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(gateway.requests).toEqual([]);
  });

  it("is ended by closing the carrier, whatever the gateway does", async () => {
    await start({ answer: () => connect() });
    const ids = [await place(), await place(), await place({ to: "+14155559902" })];
    await expect.poll(() => gateway.streams.length).toBe(2);
    await carrier.close();
    for (const id of ids) expect(["completed", "canceled", "no-answer"]).toContain(await statusOf(id));
  });

  it("is found by its numbers", async () => {
    await start();
    const since = systemClock.wall();
    const first = await place();
    const second = await place();
    await place({ to: "+14155550101" });
    carrier.receive({ sipCallId: carrier.newSipCallId(), sessionId: 8, from: FROM, to: "+14155550100" });
    const pair = { to: "+14155550100", from: FROM };
    expect((await carrier.find({ ...pair, since })).map(({ sipCallId }) => sipCallId)).toEqual([
      first,
      second,
    ]);
    expect(await carrier.find({ ...pair, since: since + 60_000 })).toEqual([]);
    expect(await carrier.status("SC_unknown")).toBeUndefined();
  });
});

describe("an inbound call of the simulated carrier", () => {
  const receive = (): string => {
    const sipCallId = carrier.newSipCallId();
    carrier.receive({ sipCallId, sessionId: 9, from: "+14155550100", to: FROM });
    return sipCallId;
  };

  it("waits until it is answered, then opens its media socket once", async () => {
    await start();
    const sipCallId = receive();
    expect(await statusOf(sipCallId)).toBe("ringing");
    carrier.receive({ sipCallId, sessionId: 9, from: "+14155550100", to: FROM });
    expect(gateway.requests).toEqual([]);
    carrier.answer(sipCallId);
    carrier.answer(sipCallId);
    await over(sipCallId, "in-progress");
    carrier.answer(sipCallId);
    expect(questions()).toMatchObject([
      {
        url: "/api/phone/incoming?session_id=9",
        form: {
          CallSid: sipCallId,
          From: "+14155550100",
          To: FROM,
          Direction: "inbound",
          CallStatus: "ringing",
        },
      },
    ]);
    await carrier.hangUp(sipCallId);
    await over(sipCallId, "completed");
    await tells("completed");
    expect(gateway.streams).toHaveLength(1);
    expect(callbacks()[0]).toMatchObject({
      url: "/api/phone/status?session_id=9",
      form: { SequenceNumber: "0" },
    });
  });

  it("is given up by a caller whose patience is over", async () => {
    await start({}, { timings: { ...timings, patience: 30 } });
    await over(receive(), "no-answer");
    await tells("no-answer");
  });

  it.each([
    ["canceled", "hung up on before", undefined],
    ["busy", "rejected as busy", '<Response><Reject reason="busy"/></Response>'],
    ["no-answer", "rejected", "<Response><Reject/></Response>"],
    ["completed", "answered by hanging up", "<Response><Hangup/></Response>"],
    ["failed", "met by a webhook that fails", 500],
  ])("is %s when it is %s", async (status, _, answer) => {
    await start({ answer: () => answer ?? "" });
    const sipCallId = receive();
    if (answer === undefined) await carrier.hangUp(sipCallId);
    else carrier.answer(sipCallId);
    await over(sipCallId, status);
    await tells(status);
  });
});

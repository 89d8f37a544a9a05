import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentProfile, agentProfile, defaultTurnTaking } from "../../src/calls/agent-profile.ts";
import { drain } from "../../src/calls/drain.ts";
import { HandOver } from "../../src/calls/hand-over.ts";
import type { Message } from "../../src/pipeline/language-model.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { readTwiml, type Verb } from "../../src/simulation/twiml-reader.ts";
import type { Store } from "../../src/store/open-store.ts";
import { ScriptedCarrier } from "../support/scripted-carrier.ts";
import { storeInStep } from "../support/store-in-step.ts";
import { type HttpFixture, httpFixtureOn } from "./http-fixture.ts";

const SPEECH = "http://127.0.0.1:8000/api/phone/process-speech";
/** Longer than from one heartbeat to the next, and what it leads to is written. */
const BEAT = 6_000;

let clock: ManualClock;
let store: Store;
let carrier: ScriptedCarrier;
let first: HttpFixture;
let second: HttpFixture;
/** What the model was asked, by either process. */
let asked: (readonly Message[])[];
let thinks: number;

beforeEach(async () => {
  clock = new ManualClock();
  store = await storeInStep(clock);
  carrier = new ScriptedCarrier();
  asked = [];
  thinks = 0;
});

afterEach(async () => {
  for (const { close } of [first, second]) await close();
  await store.close();
  expect([...first.errors, ...second.errors]).toEqual([]);
});

/** Two processes on one store behind one address. */
async function serve(profile: Partial<AgentProfile> = {}): Promise<void> {
  const answer = (messages: readonly Message[]): string => {
    asked.push(messages);
    return asked.length === 1 ? "First answer." : "Second answer.";
  };
  const begin = async (): Promise<HttpFixture> => {
    const languageModel = scriptedLanguageModel({ clock, answer, firstToken: thinks });
    const fixture = await httpFixtureOn(clock, {}, { store, carrier, languageModel, profile });
    await fixture.desk.recover();
    return fixture;
  };
  first = await begin();
  second = await begin();
}

/** Lets requests and writes come to where they wait, then moves time. */
async function pass(ms: number): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  await clock.settleTo(clock.now() + ms);
}

async function post(
  { app }: HttpFixture,
  url: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<string> {
  const response = await app.inject({
    method: "POST",
    url,
    payload: new URLSearchParams(fields).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
  expect(response.statusCode).toBeLessThan(300);
  return response.body;
}

const gather = (text: string): readonly Verb[] => [
  { verb: "gather", action: SPEECH, prompts: [{ verb: "say", text }] },
  { verb: "redirect", url: SPEECH, method: "POST" },
];

describe("a call that one process has placed", () => {
  let sipCallId: string;

  beforeEach(async () => {
    await serve();
    const placed = await first.app.inject({
      method: "POST",
      url: "/api/v1/calls/outbound/create",
      payload: { to_number: "+14155550100" },
    });
    expect(placed.statusCode).toBe(200);
    sipCallId = first.registry.find(1)?.call.sipCallId ?? "";
  });

  const fields = () => ({ CallSid: sipCallId, From: "+15005550006", To: "+14155550100" });
  const asks = async (fixture: HttpFixture): Promise<readonly Verb[]> =>
    readTwiml(
      await post(fixture, "/api/phone/incoming?session_id=1", { ...fields(), Direction: "outbound-api" }),
    );
  const reports = (fixture: HttpFixture, more: Record<string, string>): Promise<string> =>
    post(fixture, "/api/phone/status?session_id=1", { ...fields(), ...more });

  it("goes on where the carrier asks what to do with it, as the same call, and is not hung up", async () => {
    const [verb] = await asks(second);
    expect(verb).toMatchObject({ verb: "connect", stream: { parameters: { session_id: "1" } } });
    expect(second.registry.find(1)).toMatchObject({ status: "answered", call: { sipCallId } });
    await pass(BEAT);
    expect(first.registry.liveCount).toBe(0);
    await pass(200_000);
    expect(carrier.hungUp).toEqual([]);
    expect((await store.calls.calls({ offset: 0, limit: 10 })).calls).toMatchObject([
      { sessionId: 1, status: "answered", endedAt: null },
    ]);
  });

  it("is not hung up by a process that does not know yet that it has lost it", async () => {
    await asks(second);
    first.registry.end(1, "no-media");
    await pass(100);
    expect(carrier.hungUp).toEqual([]);
    expect(await store.calls.call(1)).toMatchObject({ status: "answered", endedAt: null });
  });

  it("ends as the carrier has told another process", async () => {
    await reports(second, { CallStatus: "ringing" });
    await reports(second, { CallStatus: "busy" });
    expect(first.registry.find(1)?.status).toBe("initiated");
    const saidAt = clock.wall();
    await pass(BEAT);
    expect(await store.calls.call(1)).toMatchObject({ status: "busy", endReason: "busy", endedAt: saidAt });
    expect(second.registry.liveCount).toBe(0);
  });

  it("ends as the carrier has told another process while the store was away", async () => {
    const { leave } = store.leftReports;
    store.leftReports.leave = () => Promise.reject(new GatewayError("STORE_UNAVAILABLE", "away"));
    await reports(second, { CallStatus: "busy" });
    expect(second.errors.splice(0)).toHaveLength(1);
    const saidAt = clock.wall();
    store.leftReports.leave = leave;
    await pass(2 * BEAT); // left with the second's next heartbeat, read with the first's
    expect(await store.calls.call(1)).toMatchObject({ status: "busy", endedAt: saidAt });
  });

  it("rings on when its process stops, and begins once, where the carrier comes to", async () => {
    first.registry.move(1);
    await first.desk.close();
    const told: string[] = [];
    second.registry.events.on("event", ({ type }) => told.push(type));
    await pass(30_000); // adopted
    expect(second.registry.find(1)).toMatchObject({ call: { sipCallId } });
    expect(second.registry.find(1)?.answeredAt).toBeUndefined();
    await asks(second);
    expect(second.registry.find(1)?.status).toBe("answered");
    expect(told.filter((type) => type === "call-started" || type === "call-resumed")).toEqual([
      "call-resumed",
    ]);
  });

  it("gets the verdict of the machine detection that another process was told", async () => {
    await asks(first);
    await reports(second, { AnsweredBy: "machine_start" });
    await pass(BEAT);
    expect(first.registry.find(1)?.answeredBy).toBe("machine_start");
  });

  it("hears of its end through a process that has lost it", async () => {
    await asks(second);
    await reports(first, { CallStatus: "completed", CallDuration: "7" });
    await pass(BEAT);
    expect(await store.calls.call(1)).toMatchObject({ status: "completed", endReason: "caller-hung-up" });
  });
});

describe("a call whose words the carrier recognises", () => {
  const heard = (fixture: HttpFixture, words: string, query = "", headers = {}): Promise<string> => {
    const said = words === "" ? {} : { SpeechResult: words, Confidence: "0.9" };
    const call = { CallSid: "CA1", From: "+14155550100", To: "+15005550006" };
    return post(fixture, `/api/phone/process-speech${query}`, { ...call, ...said }, headers);
  };
  const dials = (fixture: HttpFixture): Promise<string> =>
    post(fixture, "/api/phone/incoming", { CallSid: "CA1", From: "+14155550100", To: "+15005550006" });
  const entries = async (): Promise<readonly string[]> =>
    (await store.calls.transcript(1)).map(({ text }) => text);
  const spoken = { mode: "speech-gather", greeting: "Hello there." } as const;

  it("is one conversation, whichever process is told the words", async () => {
    await serve(spoken);
    expect(readTwiml(await dials(first))).toEqual(gather("Hello there."));
    expect(readTwiml(await heard(second, "My heating is off"))).toEqual(gather("First answer."));
    expect(readTwiml(await heard(first, "In the kitchen"))).toEqual(gather("Second answer."));
    expect(readTwiml(await heard(second, ""))).toEqual(gather("Are you still there?"));
    expect(readTwiml(await heard(first, ""))).toEqual(
      gather("I cannot hear you. Please say something, or press a key."),
    );
    expect(asked.at(-1)?.map((message) => "text" in message && message.text)).toEqual([
      "Hello there.",
      "My heating is off",
      "First answer.",
      "In the kitchen",
    ]);
    await pass(BEAT);
    expect(await entries()).toEqual([
      "Hello there.",
      "My heating is off",
      "First answer.",
      "In the kitchen",
      "Second answer.",
      "Are you still there?",
      "I cannot hear you. Please say something, or press a key.",
    ]);
    expect([first.registry.liveCount, second.registry.liveCount]).toEqual([1, 0]);
    expect((await store.calls.calls({ offset: 0, limit: 10 })).total).toBe(1);
  });

  it("is not taken from the process that makes the reply, which the carrier asks for again", async () => {
    thinks = 6_000;
    await serve(spoken);
    await dials(first);
    const waiting = heard(first, "My heating is off");
    await pass(4_000);
    expect(readTwiml(await waiting).at(-1)).toMatchObject({ verb: "redirect", url: `${SPEECH}?wait=1` });
    expect(readTwiml(await heard(second, "", "?wait=1"))).toEqual([
      { verb: "pause", length: 1_000 },
      { verb: "redirect", url: `${SPEECH}?wait=2`, method: "POST" },
    ]);
    const reply = heard(first, "", "?wait=2");
    await pass(2_000);
    expect(readTwiml(await reply)).toEqual(gather("First answer."));
  });

  it("gets its reply from another process when the one that was to make it is gone", async () => {
    thinks = 6_000;
    await serve(spoken);
    await dials(first);
    const lost = heard(first, "My heating is off");
    await pass(4_000);
    await lost;
    let at = 1;
    for (; at <= 5; at++)
      expect(readTwiml(await heard(second, "", `?wait=${at}`)).at(-1)).toMatchObject({
        url: `${SPEECH}?wait=${at + 1}`,
      });
    const waiting = heard(second, "", `?wait=${at}`);
    await pass(4_000);
    expect(readTwiml(await waiting).at(-1)).toMatchObject({ url: `${SPEECH}?wait=${at + 1}` });
    const reply = heard(second, "", `?wait=${at + 1}`);
    await pass(2_500);
    expect(readTwiml(await reply)).toEqual(gather("Second answer."));
    expect(asked.at(-1)?.at(-1)).toMatchObject({ text: "My heating is off" });
    await pass(BEAT);
    expect(await entries()).toEqual(["Hello there.", "My heating is off", "Second answer."]);
  });

  it("gets a reply that was made in time from whichever process is asked for it", async () => {
    thinks = 4_500;
    await serve(spoken);
    await dials(first);
    const waiting = heard(first, "My heating is off");
    await pass(4_000);
    await waiting;
    await pass(1_000);
    expect(readTwiml(await heard(second, "", "?wait=1"))).toEqual(gather("First answer."));
    expect(asked).toHaveLength(1);
  });

  it("is asked once when the carrier repeats its request at another process", async () => {
    await serve(spoken);
    await dials(first);
    const token = { "i-twilio-idempotency-token": "t-1" };
    expect(readTwiml(await heard(first, "My heating is off", "", token))).toEqual(gather("First answer."));
    expect(readTwiml(await heard(second, "My heating is off", "", token))).toEqual(gather("First answer."));
    expect(
      readTwiml(await heard(second, "In the kitchen", "", { ...token, "i-twilio-idempotency-token": "t-2" })),
    ).toEqual(gather("Second answer."));
    await pass(BEAT);
    expect((await entries()).filter((text) => text === "My heating is off")).toHaveLength(1);
  });

  it("is not hung up by a process that learns only while it answers that it has lost it", async () => {
    thinks = 1_000;
    await serve(spoken);
    await dials(first);
    const answering = heard(first, "My heating is off");
    await pass(500);
    first.registry.move(1);
    await pass(1_000);
    expect(readTwiml(await answering).at(-1)).toMatchObject({ verb: "redirect", url: `${SPEECH}?wait=1` });
  });

  it("ends for the reason that was said, when the carrier asks another process for the last words", async () => {
    await serve({ ...spoken, turnTaking: { ...defaultTurnTaking, reprompts: 0 } });
    await dials(first);
    const goodbye = await heard(first, "");
    expect(goodbye).toContain("<Hangup/>");
    expect(await heard(second, "")).toBe(goodbye);
    const over = { CallSid: "CA1", From: "+14155550100", To: "+15005550006", CallStatus: "completed" };
    await post(second, "/api/phone/status", over);
    await pass(BEAT);
    expect(await store.calls.call(1)).toMatchObject({ endReason: "caller-silent" });
  });

  it("gets its reply after a restart on a store of its own, at once", async () => {
    await store.close();
    store = await storeInStep(clock, "embedded");
    thinks = 2_000;
    await serve(spoken);
    await dials(first);
    void heard(first, "My heating is off"); // the carrier never gets it
    await pass(1_000);
    const reply = heard(second, "", "?wait=1");
    await pass(2_500);
    expect(readTwiml(await reply)).toEqual(gather("Second answer."));
  });

  it("is taken for one in progress when nobody finds it any more", async () => {
    await serve({ ...spoken, phrases: { ...agentProfile().phrases, reconnected: "There you are again." } });
    await dials(first);
    store.calls.takeOver = async () => undefined;
    expect(readTwiml(await heard(second, "My heating is off"))).toEqual(gather("There you are again."));
  });

  it("has ended when the carrier says so while nobody has it, at the time it said", async () => {
    await serve(spoken);
    await dials(first);
    await pass(1_000);
    first.registry.move(1); // given away, and not taken yet
    await first.desk.close();
    const over = { CallSid: "CA1", From: "+14155550100", To: "+15005550006", CallStatus: "completed" };
    await post(second, "/api/phone/status", over);
    const saidAt = clock.wall();
    await pass(30_000);
    expect(await store.calls.call(1)).toMatchObject({
      status: "completed",
      endReason: "caller-hung-up",
      endedAt: saidAt,
    });
  });

  it("is given away by a process that is told to stop, between two turns", async () => {
    await serve(spoken);
    await dials(first);
    const { registry, desk } = first;
    const draining = drain(
      {
        registry,
        handOver: new HandOver({
          registry,
          recorder: desk.recorder,
          isQuiet: (sessionId) => first.dialogues.isQuiet(sessionId),
        }),
        leaveCallsToOthers: () => desk.leaveCallsToOthers(),
        mayHandOver: () => desk.othersTakeCalls(),
        dismiss: () => expect.unreachable("nobody is left"),
        clock,
        onError: (error) => expect.unreachable(String(error)),
      },
      30_000,
    );
    await pass(3_000);
    await draining;
    expect(registry.liveCount).toBe(0);
    expect(readTwiml(await heard(second, "My heating is off"))).toEqual(gather("First answer."));
    expect(second.registry.find(1)).toMatchObject({ status: "answered" });
  });

  it("hears a goodbye from a process that must stop and finds nobody", async () => {
    await serve(spoken);
    await dials(first);
    first.dialogues.dismiss("shutdown");
    expect(readTwiml(await heard(first, "My heating is off"))).toMatchObject([
      { verb: "say", text: expect.stringContaining("I have to end the call for a technical reason") },
      { verb: "hangup" },
    ]);
    expect(asked).toEqual([]);
  });
});

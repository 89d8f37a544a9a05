import { afterEach, describe, expect, it } from "vitest";
import { type AgentProfile, defaultTurnTaking } from "../../src/calls/agent-profile.ts";
import type { Message, ReplyPart } from "../../src/pipeline/language-model.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { readTwiml, type Verb } from "../../src/simulation/twiml-reader.ts";
import { type HttpFixture, httpFixtureOn } from "./http-fixture.ts";

const SPEECH = "http://127.0.0.1:8000/api/phone/process-speech";
let fixture: HttpFixture;

afterEach(async () => {
  await fixture.close();
});

interface Setting {
  readonly answer?: (messages: readonly Message[]) => string | readonly ReplyPart[];
  /** How long the agent thinks, in ms. */
  readonly thinks?: number;
  readonly profile?: Partial<AgentProfile>;
}

/** A gateway whose agent speaks by the carrier's voice. */
async function serve({ answer = () => "Certainly.", thinks = 0, profile }: Setting = {}): Promise<void> {
  const clock = new ManualClock();
  const languageModel = scriptedLanguageModel({ clock, answer, firstToken: thinks });
  const spoken = { mode: "speech-gather", greeting: "Hello there.", ...profile } as const;
  fixture = await httpFixtureOn(clock, {}, { languageModel, profile: spoken });
}

async function post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fixture.app.inject({
    method: "POST",
    url,
    payload: new URLSearchParams({ CallSid: "CA1", ...fields }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
  expect(response.statusCode).toBe(200);
  expect(response.headers["content-type"]).toBe("text/xml; charset=utf-8");
  return response.body;
}

async function incoming(): Promise<readonly Verb[]> {
  return readTwiml(await post("/api/phone/incoming", { From: "+14155550100", To: "+15005550006" }));
}

async function speech(
  fields: Record<string, string> = {},
  query = "",
  headers = {},
): Promise<readonly Verb[]> {
  return readTwiml(await post(`/api/phone/process-speech${query}`, fields, headers));
}

/** The carrier has said the last words. */
async function hungUp(): Promise<void> {
  await fixture.app.inject({
    method: "POST",
    url: "/api/phone/status",
    payload: "CallSid=CA1&CallStatus=completed&CallDuration=60",
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
}

/** What asks the caller to speak after these words; the same URL is asked when Twilio passes over it. */
function gather(...said: string[]): readonly Verb[] {
  return [
    { verb: "gather", action: SPEECH, prompts: said.map((text) => ({ verb: "say", text })) },
    { verb: "redirect", url: SPEECH, method: "POST" },
  ];
}

function call() {
  return fixture.registry.findBySipCallId("CA1");
}

/** Lets the request come to where it waits, then moves time. */
async function pass(ms: number): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  await fixture.clock.settleTo(fixture.clock.now() + ms);
}

describe("POST /api/phone/incoming", () => {
  it("greets a caller whom the carrier listens to, the same when asked again", async () => {
    await serve();
    expect(await incoming()).toEqual(gather("Hello there."));
    expect(await incoming()).toEqual(gather("Hello there."));
    expect(call()).toMatchObject({ status: "answered", call: { media: "gather" } });
    expect(call()?.transcript.entries).toMatchObject([{ speaker: "ai_agent", text: "Hello there." }]);
  });

  it("gives the carrier the language, and what the caller is likely to answer", async () => {
    const hints = { type: "hints", phrases: ["opening hours", "a repair"] } as const;
    await serve({
      answer: () => [hints, { type: "text", text: "Gern." }, { type: "finish", reason: "stop" }],
      profile: { language: "de-DE" },
    });
    await incoming();
    const twiml = await post("/api/phone/process-speech", { SpeechResult: "Hallo", Confidence: "0.9" });
    expect(twiml).toContain('language="de-DE"');
    expect(twiml).toContain('hints="opening hours,a repair"');
    expect(twiml).toContain('<Say language="de-DE">Gern.</Say>');
  });
});

describe("POST /api/phone/process-speech", () => {
  it("answers the caller's words, and keeps them", async () => {
    await serve({ answer: (messages) => `You said: ${(messages.at(-1) as { text: string }).text}.` });
    await incoming();
    const said = await speech({ SpeechResult: "My heating is off", Confidence: "0.94" });
    expect(said).toEqual(gather("You said: My heating is off."));
    expect(call()?.transcript.entries).toMatchObject([
      { speaker: "ai_agent" },
      { speaker: "customer", text: "My heating is off", confidence: 0.94 },
      { speaker: "ai_agent", text: "You said: My heating is off." },
    ]);
  });

  it("takes keyed digits for the caller's turn", async () => {
    await serve();
    await incoming();
    expect(await speech({ Digits: "12345", SpeechResult: "noise" })).toEqual(gather("Certainly."));
    expect(call()?.transcript.entries[1]).toMatchObject({ text: "12345", confidence: 1 });
  });

  it.each([
    ["", 1],
    ["x", 1],
    ["7", 1],
    ["-1", 0],
  ])("does not mind the confidence %j", async (Confidence, confidence) => {
    await serve();
    await incoming();
    await speech({ SpeechResult: "hello", Confidence });
    expect(call()?.transcript.entries[1]).toMatchObject({ confidence });
  });

  it("cuts off a turn without end", async () => {
    await serve();
    await incoming();
    await speech({ SpeechResult: "x".repeat(50_000) });
    expect(call()?.transcript.entries[1]?.text).toHaveLength(4_000);
  });

  it("asks a silent caller, and in the end says goodbye and hangs up", async () => {
    await serve();
    await incoming();
    expect(await speech()).toEqual(gather("Are you still there?"));
    expect(await speech({ SpeechResult: "  " })).toEqual(
      gather("I cannot hear you. Please say something, or press a key."),
    );
    expect(await speech()).toEqual([
      { verb: "say", text: "I cannot hear you, so I will hang up now. Goodbye." },
      { verb: "hangup" },
    ]);
    await hungUp();
    expect(call()).toMatchObject({ status: "completed", endReason: "caller-silent" });
  });

  it("hangs up after the agent's goodbye, and the call is over", async () => {
    await serve({
      answer: () => [
        { type: "text", text: "Goodbye!" },
        { type: "tool-call", call: { id: "1", name: "end_call", arguments: "{}" } },
        { type: "finish", reason: "tool-calls" },
      ],
    });
    await incoming();
    expect(await speech({ SpeechResult: "that is all" })).toEqual([
      { verb: "say", text: "Goodbye!" },
      { verb: "hangup" },
    ]);
    expect(call()?.status).toBe("answered");
    await hungUp();
    expect(call()).toMatchObject({ status: "completed", endReason: "agent-goodbye" });
    expect(await speech({ SpeechResult: "one more thing" })).toEqual([{ verb: "hangup" }]);
  });

  it("hangs up a call that was ended by request", async () => {
    await serve();
    await incoming();
    fixture.registry.end(call()?.call.sessionId ?? 0, "ended-by-request");
    expect(await speech({ SpeechResult: "hello?" })).toEqual([{ verb: "hangup" }]);
  });

  it("hangs up when the call ends while the agent thinks", async () => {
    await serve({ thinks: 2_000 });
    await incoming();
    const asked = speech({ SpeechResult: "hello?" });
    await pass(1_000);
    fixture.registry.end(call()?.call.sessionId ?? 0, "ended-by-request");
    expect(await asked).toEqual([{ verb: "hangup" }]);
  });
});

describe("a reply that takes its time", () => {
  it("is fetched by asking again, after a filler", async () => {
    await serve({ thinks: 6_000 });
    await incoming();
    const asked = speech({ SpeechResult: "what does it cost" });
    await pass(4_000);
    expect(await asked).toEqual([
      { verb: "say", text: "One moment, please." },
      { verb: "redirect", url: `${SPEECH}?wait=1`, method: "POST" },
    ]);
    const again = speech({}, "?wait=1");
    await pass(2_000);
    expect(await again).toEqual(gather("Certainly."));
    expect(call()?.transcript.entries).toHaveLength(3);
  });

  it("is waited for silently from then on, and not for ever", async () => {
    await serve({ thinks: 60_000, profile: { turnTaking: { ...defaultTurnTaking, replyLimit: 120_000 } } });
    await incoming();
    let asked = speech({ SpeechResult: "what does it cost" });
    for (const waits of [1, 2, 3, 4, 5]) {
      await pass(4_000);
      const twiml = await asked;
      expect(twiml.at(-1)).toEqual({ verb: "redirect", url: `${SPEECH}?wait=${waits}`, method: "POST" });
      expect(twiml).toHaveLength(waits === 1 ? 2 : 1);
      asked = speech({}, `?wait=${waits}`);
    }
    await pass(4_000);
    expect(await asked).toEqual(gather(call()?.call.profile.phrases.apology ?? ""));
  });

  it("is given again to a request that the carrier repeats", async () => {
    const heard: string[] = [];
    await serve({
      answer: (messages) => {
        heard.push((messages.at(-1) as { text: string }).text);
        return "Certainly.";
      },
    });
    await incoming();
    const headers = { "i-twilio-idempotency-token": "t-1" };
    expect(await speech({ SpeechResult: "hello" }, "", headers)).toEqual(gather("Certainly."));
    expect(await speech({ SpeechResult: "hello" }, "", headers)).toEqual(gather("Certainly."));
    expect(heard).toEqual(["hello"]);
    const another = { "i-twilio-idempotency-token": "t-2" };
    expect(await speech({ SpeechResult: "hello" }, "", another)).toEqual(gather("Certainly."));
    expect(heard).toEqual(["hello", "hello"]);
  });

  it("that nobody has asked for is the last one", async () => {
    await serve();
    await incoming();
    expect(await speech({}, "?wait=6")).toEqual(gather("Hello there."));
  });
});

describe("process-speech as the first that is asked of a call", () => {
  it("greets the caller", async () => {
    await serve();
    expect(await speech({ From: "+14155550100", To: "+15005550006" })).toEqual(gather("Hello there."));
    expect(call()?.call).toMatchObject({ from: "+14155550100", media: "gather" });
  });

  it("connects a caller whose agent has a media stream", async () => {
    await serve({ profile: { mode: "cascade" } });
    expect(await speech()).toMatchObject([{ verb: "connect" }, { verb: "redirect" }]);
    expect(await speech({ SpeechResult: "hello" })).toMatchObject([
      { verb: "connect" },
      { verb: "redirect" },
    ]);
    expect(fixture.registry.liveCount).toBe(1);
  });

  it("is busy while the gateway shuts down", async () => {
    await serve();
    fixture.registry.drain();
    expect(await speech()).toEqual([{ verb: "reject", reason: "busy" }]);
  });
});

describe("a conversation that is not there", () => {
  it("is hung up instead of answered with an error", async () => {
    await serve();
    await incoming();
    const { sessionId } = call()?.call ?? { sessionId: 0 };
    fixture.registry.events.emit("ending", { sessionId }); // as when the end crosses the request
    expect(await speech({ SpeechResult: "hello" })).toEqual([{ verb: "hangup" }]);
    expect(fixture.log.join("")).toContain("a call is hung up");
  });
});

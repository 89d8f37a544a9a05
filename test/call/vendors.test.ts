import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Earshot, startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import { conversation } from "../../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { startDeepgramStandIn } from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import { startElevenLabsStandIn } from "../../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import { wordsToSay } from "../../src/simulation/stand-ins/openai-realtime-script.ts";
import { startOpenAiRealtimeStandIn } from "../../src/simulation/stand-ins/openai-realtime-stand-in.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { UNHURRIED } from "../support/gateway-process.ts";
import { speech } from "../support/virtual-call.ts";

const clock = systemClock;
const question = speech("yes");
/** Two calls, each with the time of a slow one. */
const LONG = { timeout: 150_000 };
const opened: { close(reason: string): Promise<void> }[] = [];

afterEach(async () => {
  for (const part of opened.splice(0).reverse()) await part.close("test");
});

interface Vendors {
  readonly deepgram: StandIn;
  readonly openai: StandIn;
  readonly elevenlabs: StandIn;
  readonly earshot: Earshot;
}

/** A file of agent profiles, which is gone after the test. */
function profilesFile(profiles: readonly object[]): string {
  const folder = mkdtempSync(join(tmpdir(), "earshot-profiles-"));
  opened.push({ close: async () => rmSync(folder, { recursive: true }) });
  const file = join(folder, "agents.json");
  writeFileSync(file, JSON.stringify({ profiles }));
  return file;
}

/** No filler: a busy machine would bring it into transcripts and onto wires. */
const turnTaking = { fillerAfter: 0 };

/** The product with vendor keys, its vendors' base URLs at stand-ins. */
async function withVendors(environment: Record<string, string> = {}): Promise<Vendors> {
  const deepgram = await startDeepgramStandIn({ clock, transcript: () => "What are your opening hours?" });
  const openai = await startOpenAiStandIn({
    clock,
    firstToken: 50,
    reply: () => "Sure thing, we open at nine.",
  });
  const elevenlabs = await startElevenLabsStandIn({ clock, firstByte: 30, charactersPerSecond: 40 });
  opened.push(deepgram, openai, elevenlabs);
  const config = loadConfig({
    ...UNHURRIED,
    PORT: "0",
    DATA_DIR: ":memory:",
    LOG_LEVEL: "CRITICAL",
    TWILIO_AUTH_TOKEN: "12345678901234567890123456789012",
    AGENT_GREETING: "Hello.",
    AGENT_PROFILES: profilesFile([{ name: "default", turnTaking }]),
    DEEPGRAM_API_KEY: "dg",
    DEEPGRAM_BASE_URL: deepgram.origin,
    OPENAI_API_KEY: "oa",
    OPENAI_BASE_URL: `${openai.origin}/v1`,
    SENTIMENT_PROVIDER: "embedded",
    ELEVENLABS_API_KEY: "el",
    ELEVENLABS_BASE_URL: elevenlabs.origin,
    ...environment,
  });
  const earshot = await startEarshot(config);
  opened.push(earshot);
  return { deepgram, openai, elevenlabs, earshot };
}

/** A caller who asks once, or `again`, hears the answer and hangs up; every request and the upgrade signed. */
async function asks({ earshot }: Vendors, again?: (quiet: number) => boolean): Promise<CallReport> {
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `${earshot.url}/api/phone/incoming`,
    authToken: "12345678901234567890123456789012",
    from: "+14155550100",
    to: "+15005550006",
    script: conversation([question]).map((step) => ({
      ...step,
      ...(again && { again }),
      cue: { when: "agent-finished", quiet: 1_500 },
    })),
    limit: 60_000,
  });
  return phone.call();
}

/** What happened on a vendor's wire, in order; repeats and timers' chatter left out. */
function wire({ log }: Pick<StandIn, "log">, leftOut: readonly string[] = []): string[] {
  const lines = log.map(
    ({ direction, what, detail }) => `${direction} ${what}${detail === undefined ? "" : ` ${detail.trim()}`}`,
  );
  return lines.filter(
    (line, index) => line !== lines[index - 1] && !leftOut.some((start) => line.startsWith(start)),
  );
}

/** The transcripts of all calls that ended. */
function transcripts(earshot: Earshot): string[] {
  const lines: string[] = [];
  earshot.registry.events.on("event", ({ type, sessionId }) => {
    if (type !== "call-ended") return;
    const entries = earshot.registry.find(sessionId)?.transcript.entries ?? [];
    lines.push(...entries.map(({ speaker, text }) => `${speaker}: ${text}`));
  });
  return lines;
}

describe("a call over the vendors' own protocols", LONG, () => {
  it.each([
    [
      "nova-3",
      [
        "in open",
        "in audio",
        "out SpeechStarted",
        "in Finalize",
        "out Results",
        "in CloseStream",
        "out Metadata",
        "in close",
      ],
      ["out UtteranceEnd", "in KeepAlive"],
    ],
    [
      "flux-general-en",
      ["in open", "out Connected", "in audio", "out TurnInfo", "in CloseStream", "in close"],
      [],
    ],
  ])(
    "is heard by %s, answered by the model and spoken, in the order of the wire",
    async (model, heard, leftOut) => {
      const vendors = await withVendors({ DEEPGRAM_MODEL: model });
      const lines = transcripts(vendors.earshot);
      const report = await asks(vendors);
      expect(report.exchanges).toHaveLength(1);
      expect(lines).toEqual([
        "ai_agent: Hello.",
        "customer: What are your opening hours?",
        "ai_agent: Sure thing, we open at nine.",
      ]);
      await vendors.earshot.close("test");
      const order = wire(vendors.deepgram, leftOut).map((line) => line.split(" ").slice(0, 2).join(" "));
      expect([...new Set(order)]).toEqual(heard);
      expect(wire(vendors.openai, ["out role", "out usage"])).toEqual([
        "in request system,assistant,user",
        ...["Sure", "thing,", "we", "open", "at", "nine."].map((token) => `out token ${token}`),
        "out finish stop",
        "out [DONE]",
      ]);
      // The first connection is the call's; fixed phrases are spoken ahead on another one.
      const ofCall = vendors.elevenlabs.log.filter(({ connection }) => connection === 1);
      expect(wire({ log: ofCall }, ["out"])).toEqual([
        "in open 21m00Tcm4TlvDq8ikWAM",
        ...["init u1", "text u1 Hello.", "flush u1", "close_context u1"].map((message) => `in ${message}`),
        ...["init u2", "text u2 Sure", "text u2 thing,", "flush u2"].map((message) => `in ${message}`),
        ...["text u2 we", "text u2 open at", "text u2 nine.", "flush u2"].map((message) => `in ${message}`),
        ...["close_context u2", "close_socket"].map((message) => `in ${message}`),
      ]);
    },
  );

  it("connects the vendors while the call still rings, and speaks the greeting from the cache the second time", async () => {
    const vendors = await withVendors();
    const events: string[] = [];
    vendors.earshot.registry.events.on("event", ({ type }) => events.push(type));
    await asks(vendors);
    await asks(vendors);
    const greetings = vendors.elevenlabs.log.filter(
      ({ what, detail }) => what === "text" && detail?.includes("Hello."),
    );
    expect(greetings).toHaveLength(1);
    const rang = events.indexOf("call-ringing");
    expect(rang).toBeLessThan(events.indexOf("media-started"));
    const [opened] = vendors.deepgram.log;
    expect(opened?.what).toBe("open");
  });

  it("does not let the caller notice a model that fails once", async () => {
    const vendors = await withVendors();
    const lines = transcripts(vendors.earshot);
    vendors.openai.inject({ type: "status", status: 500 });
    await asks(vendors);
    expect(lines.at(-1)).toBe("ai_agent: Sure thing, we open at nine.");
    expect(vendors.openai.log.filter(({ what }) => what === "request")).toHaveLength(2);
  });

  it("speaks with the embedded voice, greeting and reply, when the configured one is down", async () => {
    const vendors = await withVendors();
    const lines = transcripts(vendors.earshot);
    vendors.elevenlabs.inject(...Array(50).fill({ type: "status", status: 503 }));
    const report = await asks(vendors);
    expect(report.exchanges).toHaveLength(1);
    expect(lines).toEqual([
      "ai_agent: Hello.",
      "customer: What are your opening hours?",
      "ai_agent: Sure thing, we open at nine.",
    ]);
    expect(wire(vendors.elevenlabs)).toEqual(["out refused 503"]);
    const metrics = await fetch(`${vendors.earshot.url}/metrics`).then((answer) => answer.text());
    expect(metrics).toMatch(/provider_errors_total\{[^}]*elevenlabs[^}]*\} [1-9]/);
  });

  it("refuses webhooks and media sockets that Twilio has not signed", async () => {
    const { earshot } = await withVendors();
    const webhook = await fetch(`${earshot.url}/api/phone/incoming`, {
      method: "POST",
      body: new URLSearchParams({ CallSid: "CA1", From: "+14155550100", To: "+15005550006" }),
    });
    expect(webhook.status).toBe(403);
    const upgrade = await fetch(`${earshot.url}/api/phone/media`).catch(() => undefined);
    expect(upgrade?.status).toBe(404);
    expect(await refusalOf(earshot)).toBe(403);
    expect(earshot.registry.liveCount).toBe(0);
  });
});

describe("a call over the second vendors", LONG, () => {
  it("is heard by OpenAI, answered by the labelled model when the first is down, and spoken by Deepgram", async () => {
    const ears = await startOpenAiRealtimeStandIn({
      clock,
      transcriptionDelay: 60,
      transcript: () => "What are your opening hours?",
    });
    const backup = await startOpenAiStandIn({
      clock,
      firstToken: 50,
      reply: () => "Sure thing, we open at ten.",
    });
    opened.push(ears, backup);
    const vendors = await withVendors({
      STT_PROVIDER: "openai:ears",
      OPENAI_EARS_BASE_URL: `${ears.origin}/v1`,
      LLM_PROVIDER: "openai,openai:backup",
      OPENAI_BACKUP_API_KEY: "another",
      OPENAI_BACKUP_BASE_URL: `${backup.origin}/v1`,
      TTS_PROVIDER: "deepgram,elevenlabs",
    });
    vendors.openai.inject(...Array.from({ length: 8 }, () => ({ type: "status", status: 500 }) as const));
    const lines = transcripts(vendors.earshot);
    const report = await asks(vendors);
    expect(report.exchanges).toHaveLength(1);
    expect(lines).toEqual([
      "ai_agent: Hello.",
      "customer: What are your opening hours?",
      "ai_agent: Sure thing, we open at ten.",
    ]);
    const metrics = await (await fetch(`${vendors.earshot.url}/metrics`)).text();
    expect(metrics).toMatch(
      /provider_errors_total\{port="llm",provider="openai",code="PROVIDER_UNAVAILABLE"\} [1-9]/,
    );
    expect(metrics).toMatch(/provider_first_byte_seconds_count\{port="stt",provider="openai:ears"\} 1/);
    expect(metrics).toMatch(/provider_first_byte_seconds_count\{port="tts",provider="deepgram"\} [1-9]/);
    await vendors.earshot.close("test");
    expect(wire(vendors.deepgram, ["out"])[0]).toBe(
      "in open /v1/speak?model=aura-2-thalia-en&encoding=mulaw&sample_rate=8000",
    );
    expect(wire(ears, ["out", "in input_audio_buffer.append"])).toEqual([
      "in open transcription",
      "in session.update gpt-live-transcribe",
      "in input_audio_buffer.commit",
      "in close 1000",
    ]);
  });

  it("is heard by OpenAI with USE_WHISPER, whatever other keys there are", async () => {
    const ears = await startOpenAiRealtimeStandIn({
      clock,
      transcript: () => "What are your opening hours?",
    });
    opened.push(ears);
    const vendors = await withVendors({
      USE_WHISPER: "true",
      OPENAI_BASE_URL: `${ears.origin}/v1`,
      LLM_PROVIDER: "embedded",
    });
    const lines = transcripts(vendors.earshot);
    await asks(vendors);
    expect(lines[1]).toBe("customer: What are your opening hours?");
    expect(vendors.deepgram.log).toEqual([]);
  });

  it("hears a caller who repeats what OpenAI cannot write down, and counts what was not heard", async () => {
    const ears = await startOpenAiRealtimeStandIn({
      clock,
      transcriptionDelay: 60,
      transcript: (utterance) => (utterance === 1 ? "Mumble." : "What are your opening hours?"),
    });
    ears.failTranscription("Mumble.", 2);
    opened.push(ears);
    const vendors = await withVendors({
      USE_WHISPER: "true",
      OPENAI_BASE_URL: `${ears.origin}/v1`,
      LLM_PROVIDER: "embedded",
    });
    const lines = transcripts(vendors.earshot);
    await asks(vendors, (quiet) => quiet > 5_000);
    expect(lines.filter((line) => line.startsWith("customer"))).toEqual([
      "customer: What are your opening hours?",
    ]);
    const metrics = await (await fetch(`${vendors.earshot.url}/metrics`)).text();
    expect(metrics).toMatch(/^earshot_unheard_audio_seconds_total 0\.[1-9]/m);
    expect(new Set(ears.log.map(({ connection }) => connection)).size).toBe(2);
  });
});

describe("a profile in which one model hears and speaks itself", LONG, () => {
  it("is served by OpenAI Realtime on its own number, and the other numbers are not", async () => {
    const realtime = await startOpenAiRealtimeStandIn({
      clock,
      firstAudio: 60,
      charactersPerSecond: 40,
      transcript: () => "What are your opening hours?",
      script: ({ instructions }) => wordsToSay(instructions) ?? "We open at nine.",
    });
    opened.push(realtime);
    const numbers = ["+15005550006"];
    const vendors = await withVendors({
      AGENT_PROFILES: profilesFile([
        { name: "realtime", mode: "speech-to-speech", greeting: "Hello.", numbers, turnTaking },
      ]),
      OPENAI_BASE_URL: `${realtime.origin}/v1`,
    });
    const lines = transcripts(vendors.earshot);
    await asks(vendors);
    expect(lines.map((line) => line.split(":")[0])).toEqual(["ai_agent", "customer", "ai_agent"]);
    expect(lines[2]).toBe("ai_agent: We open at nine.");
    expect(vendors.deepgram.log).toEqual([]);
  });
});

/** The status with which an unsigned upgrade is answered. */
function refusalOf(earshot: Earshot): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${earshot.url.replace("http", "ws")}/api/phone/media`);
    socket.on("unexpected-response", (request, response) => {
      resolve(response.statusCode);
      response.resume();
      request.destroy();
    });
    socket.on("open", () => reject(new Error("The socket was accepted")));
    socket.on("error", () => {});
  });
}

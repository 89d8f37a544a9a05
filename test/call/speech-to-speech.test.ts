import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import { type AgentProfile, agentProfile } from "../../src/calls/agent-profile.ts";
import type { CallEvent } from "../../src/calls/call-event.ts";
import { CallIntake } from "../../src/calls/call-intake.ts";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { countingIds } from "../../src/calls/session-ids.ts";
import { InProcessSpentTokens } from "../../src/calls/spent-tokens.ts";
import { streamTokenKey } from "../../src/calls/stream-token.ts";
import { MediaStreamServer } from "../../src/gateway/media-stream-server.ts";
import { endCallTool, serviceRequestTool } from "../../src/pipeline/built-in-tools.ts";
import { SpeechToSpeechPipeline } from "../../src/pipeline/speech-to-speech-pipeline.ts";
import { OpenAiRealtime } from "../../src/providers/openai-realtime/openai-realtime.ts";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import type { CallerScript } from "../../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { PlaybackBuffer } from "../../src/simulation/phone/playback-buffer.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { type RealtimeScript, wordsToSay } from "../../src/simulation/stand-ins/openai-realtime-script.ts";
import {
  type OpenAiRealtimeStandIn,
  startOpenAiRealtimeStandIn,
} from "../../src/simulation/stand-ins/openai-realtime-stand-in.ts";
import { anIncomingCall, serviceRequestBook } from "../support/calls.ts";
import { speech } from "../support/virtual-call.ts";

const CHARACTERS_PER_SECOND = 40;
const SIP_CALL_ID = "CA00000000000000000000000000000077";
const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** The phone's own view of the agent's audio: what was really played, up to each `clear`. */
class Ear {
  readonly buffer = new PlaybackBuffer(false);
  /** What had been heard when a `clear` came, in ms of the call's audio. */
  readonly heardAtClear: number[] = [];

  listen(at: number, direction: "in" | "out", text: string): void {
    if (direction === "in") return;
    const message = JSON.parse(text) as { event: string; media?: { payload: string } };
    if (message.media !== undefined) this.buffer.media(Buffer.from(message.media.payload, "base64"), at);
    if (message.event !== "clear") return;
    this.heardAtClear.push(this.buffer.heard(at));
    this.buffer.clear(at);
  }
}

interface Told {
  readonly report: CallReport;
  readonly events: readonly CallEvent[];
  readonly transcript: readonly string[];
  readonly ear: Ear;
}

/** A whole call over real sockets: phone, gateway, pipeline, provider, stand-in. */
async function call(
  standIn: OpenAiRealtimeStandIn,
  script: CallerScript,
  profile: Partial<AgentProfile> = {},
): Promise<Told> {
  const registry = new CallRegistry({
    clock,
    maxCalls: 2,
    onListenerError: (error) => {
      throw error;
    },
  });
  const events: CallEvent[] = [];
  registry.events.on("event", (event) => events.push(event));
  const intake = new CallIntake({
    registry,
    profileFor: () => agentProfile({ greeting: "Hello.", ...profile }),
    speechIsDown: () => false,
    sessionIds: countingIds(),
    spentTokens: new InProcessSpentTokens(),
    tokenKey: streamTokenKey(["test"]),
    clock,
  });
  const answer = intake.incoming(anIncomingCall({ sipCallId: SIP_CALL_ID }));
  if (answer.action !== "connect") throw new Error(`The gateway answered ${answer.action}`);
  const { sessionId } = answer.call;
  const pipeline = new SpeechToSpeechPipeline(
    answer.call,
    {
      clock,
      speechToSpeech: new OpenAiRealtime({ apiKey: "key", clock, baseUrl: `${standIn.origin}/v1` }),
      voiceActivity: await loadVoiceActivity(),
      tools: [endCallTool, serviceRequestTool(serviceRequestBook())],
    },
    {
      publish: (fact) => registry.publish(sessionId, fact),
      changed: () => {},
      end: (reason) => registry.end(sessionId, reason),
    },
  );
  const closed = Promise.withResolvers<void>();
  registry.events.on("event", ({ type }) => {
    if (type === "call-ended") closed.resolve(pipeline.close());
  });
  const media = new MediaStreamServer({
    clock,
    registry,
    signatureIsValid: () => true,
    claim: (token, sipCallId) => intake.claim(token, sipCallId),
    conversation: () => pipeline,
    onError: (error) => {
      throw error;
    },
  });
  const http = createServer();
  http.on("upgrade", (request, socket, head) => media.handleUpgrade(request, socket, head));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  opened.push(async () => {
    registry.end(sessionId, "shutdown");
    await media.close();
    http.close();
    await once(http, "close");
  });
  media.start();
  pipeline.prepare();

  const ear = new Ear();
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `http://127.0.0.1:${port}/`,
    twiml:
      `<Response><Connect><Stream url="ws://127.0.0.1:${port}/media">` +
      `<Parameter name="token" value="${answer.token}"/></Stream></Connect><Hangup/></Response>`,
    callSid: SIP_CALL_ID,
    from: "+14155550100",
    to: "+15005550006",
    script,
    limit: 25_000,
    onWire: (at, direction, message) => ear.listen(at, direction, message),
  });
  const report = await phone.call();
  await closed.promise;
  const transcript = (registry.find(sessionId)?.transcript.entries ?? []).map(
    ({ speaker, text }) => `${speaker === "ai_agent" ? "agent" : "caller"}: ${text}`,
  );
  return { report, events, transcript, ear };
}

async function standIn(script: RealtimeScript, words: readonly string[]): Promise<OpenAiRealtimeStandIn> {
  const server = await startOpenAiRealtimeStandIn({
    clock,
    script,
    transcript: (utterance) => words[utterance - 1] ?? "",
    firstAudio: 60,
    transcriptionDelay: 150,
    charactersPerSecond: CHARACTERS_PER_SECOND,
  });
  opened.push(() => server.close());
  return server;
}

function of<Type extends CallEvent["type"]>(told: Told, type: Type) {
  return told.events.filter((event): event is Extract<CallEvent, { type: Type }> => event.type === type);
}

const HOURS =
  "We open at nine in the morning and we close at six in the evening, from Monday to Friday, and at noon on Saturday.";

/** By what the caller has said last, as the model would. */
const receptionist: RealtimeScript = ({ instructions, items }) => {
  const last = items.at(-1);
  const said = wordsToSay(instructions);
  if (said !== undefined) return said;
  if (last?.role === "function_call_output") return "I noted it.";
  if (last?.text === "what are your hours") return HOURS;
  if (last?.text === "no a repair") {
    const request = { kind: "repair", description: "The heating", urgency: "normal" };
    return { toolCalls: [{ name: "create_service_request", arguments: JSON.stringify(request) }] };
  }
  return { text: "Goodbye.", toolCalls: [{ name: "end_call", arguments: "{}" }] };
};

describe("a call with a model that speaks itself", () => {
  it("is greeted, answered, interrupted, served by a tool, and ended after the goodbye was heard", async () => {
    const vendor = await standIn(receptionist, ["what are your hours", "no a repair", "thank you"]);
    const told = await call(vendor, [
      { type: "say", audio: speech("yes"), cue: { when: "agent-finished", quiet: 200 } },
      { type: "say", audio: speech("no"), cue: { when: "heard", heard: 700 } },
      { type: "say", audio: speech("yes"), cue: { when: "agent-finished", quiet: 200 } },
    ]);
    expect(told.report.ended.by).toBe("agent");
    expect(of(told, "call-ended")).toMatchObject([{ reason: "agent-goodbye" }]);
    expect(told.report.warnings).toEqual([]);

    // What was heard of the answer that was cut off: by the phone, by the service, and by the transcript.
    const [clear] = told.ear.heardAtClear;
    expect(told.ear.heardAtClear).toHaveLength(1);
    const greeting = ("Hello.".length * 1000) / CHARACTERS_PER_SECOND;
    const truth = (clear ?? 0) - greeting;
    const truncated = vendor.log.filter(({ what }) => what === "conversation.item.truncated");
    expect(truncated).toHaveLength(1);
    const toldToService = Number(truncated[0]?.detail?.split(" ")[1]);
    expect(truth).toBeGreaterThan(600);
    // A stall between the decision and the arrival of `clear` lets the phone play up to 240 ms more.
    expect(Math.abs(toldToService - truth)).toBeLessThan(390);
    const heard = told.transcript[2]?.replace("agent: ", "") ?? "";
    expect(HOURS.startsWith(heard)).toBe(true);
    const trulyHeard = HOURS.slice(0, (truth * CHARACTERS_PER_SECOND) / 1000).split(" ").length;
    expect(Math.abs(heard.split(" ").length - trulyHeard)).toBeLessThanOrEqual(4);

    expect(told.transcript).toEqual([
      "agent: Hello.",
      "caller: what are your hours",
      `agent: ${heard}`,
      "caller: no a repair",
      "agent: I noted it.",
      "caller: thank you",
      "agent: Goodbye.",
    ]);
    expect(of(told, "tool-called")).toMatchObject([
      { tool: "create_service_request", ok: true },
      { tool: "end_call", ok: true },
    ]);
    expect(of(told, "barge-in")).toHaveLength(1);
    expect(of(told, "barge-in-decided")).toMatchObject([{ outcome: "interrupted" }]);
    expect(of(told, "provider-failed")).toEqual([]);
    expect(of(told, "dead-air")).toEqual([]);
    expect(vendor.log.filter(({ what }) => what === "error")).toEqual([]);
  });

  it("is ended when the service is gone in the middle of it", async () => {
    const vendor = await standIn(receptionist, []);
    // After the first audio of the greeting: what the service remembers is gone with the connection.
    vendor.inject({ type: "drop", afterMessages: 10 });
    const told = await call(vendor, [{ type: "hang-up", cue: { when: "agent-finished", quiet: 8_000 } }]);
    expect(of(told, "provider-failed")).toMatchObject([
      { provider: "openai-realtime", code: "PROVIDER_UNAVAILABLE" },
    ]);
    expect(of(told, "call-ended")).toMatchObject([{ reason: "provider-failed" }]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { WebSocketServer } from "ws";
import type { VoiceConnection } from "../../src/pipeline/text-to-speech.ts";
import { ElevenLabsTextToSpeech } from "../../src/providers/elevenlabs/elevenlabs-text-to-speech.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { startElevenLabsStandIn } from "../../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { startStandInServer } from "../../src/simulation/stand-ins/stand-in-server.ts";
import { keeping } from "../support/keeping.ts";
import { until } from "../support/until.ts";
import { begin, ended, errorOf, say } from "./voice-harness.ts";

const QUICK = { clock: systemClock, firstByte: 0, speed: 100_000, charactersPerSecond: 20 };
const LANGUAGE = { language: "en-US" };

let clock: ManualClock;
const kept = keeping(() => clock);

beforeEach(() => {
  clock = new ManualClock();
});

async function standInWith(options: object = {}): Promise<StandIn> {
  return kept(await startElevenLabsStandIn({ ...QUICK, ...options }));
}

function connect(origin: string, apiKey = "key"): VoiceConnection {
  const speech = new ElevenLabsTextToSpeech({ apiKey, clock, baseUrl: origin, random: () => 0 });
  return kept(speech.open(LANGUAGE));
}

function wire(standIn: StandIn): string {
  return standIn.log.map(({ what, detail }) => (detail ? `${what}:${detail}` : what)).join(" | ");
}

/** A server of the endpoint whose behaviour is the test's. */
async function serverOf(onConnection: (socket: WebSocket, url: string) => void): Promise<string> {
  const sockets = new WebSocketServer({ noServer: true });
  const server = await startStandInServer({
    upgrade: (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => onConnection(webSocket, request.url ?? "")),
  });
  return kept(server).origin;
}

describe("ElevenLabsTextToSpeech", () => {
  it("speaks an utterance, in the order of the wire", async () => {
    const standIn = await standInWith();
    const speech = begin(connect(standIn.origin));
    for (const piece of ["Sure", " thing,"]) speech.utterance.write(piece);
    speech.utterance.flush();
    for (const piece of [" I", " can", " help."]) speech.utterance.write(piece);
    speech.utterance.end();
    await until(() => ended(speech));
    expect(speech.events.at(-1)).toEqual({ type: "done" });
    const order = wire(standIn).replaceAll(/( \| audio:u1)+/g, "");
    expect(order).toBe(
      "open:21m00Tcm4TlvDq8ikWAM | init:u1 | text:u1 Sure  | text:u1 thing,  | flush:u1 | text:u1 I  | " +
        "text:u1 can  | text:u1 help.  | flush:u1 | close_context:u1 | isFinal:u1",
    );
  });

  it("gives all characters of the text with times that fit the audio", async () => {
    const standIn = await standInWith();
    const speech = say(
      connect(standIn.origin),
      "Sure thing, I can help you",
      " with that. One moment",
      " please.",
    );
    await until(() => ended(speech));
    let text = "";
    let bytes = 0;
    for (const event of speech.events) {
      if (event.type !== "audio") continue;
      const { characters } = event;
      expect(characters?.starts[0]).toBe(bytes / 8);
      text += characters?.text;
      bytes += event.mulaw.length;
      expect(characters?.end).toBe(bytes / 8);
    }
    expect(text).toBe("Sure thing, I can help you with that. One moment please. ");
    expect(bytes).toBe(text.length * 400);
  });

  it("asks for the telephone's format with the key, the model and the call's language", async () => {
    const urls: string[] = [];
    const origin = await serverOf((_socket, url) => urls.push(url));
    connect(origin);
    await until(() => urls.length === 1);
    const url = new URL(urls[0] ?? "", "http://localhost");
    expect(url.pathname).toBe("/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM/multi-stream-input");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      model_id: "eleven_flash_v2_5",
      output_format: "ulaw_8000",
      inactivity_timeout: "180",
      sync_alignment: "true",
      auto_mode: "false",
      language_code: "en",
    });
  });

  it.each([
    ["EXAVITQu4vr4xnSDxMaL", "EXAVITQu4vr4xnSDxMaL"],
    ["aura-2-thalia-en", "configured"],
    [undefined, "configured"],
  ])("speaks for a profile with the voice %s as %s", async (voice, expected) => {
    const urls: string[] = [];
    const origin = await serverOf((_socket, url) => urls.push(url));
    const speech = new ElevenLabsTextToSpeech({ apiKey: "key", clock, baseUrl: origin, voice: "configured" });
    kept(speech.open(voice === undefined ? LANGUAGE : { ...LANGUAGE, voice }));
    await until(() => urls.length === 1);
    expect(urls[0]).toContain(`/v1/text-to-speech/${expected}/`);
  });

  it("uses one socket and a context for each utterance, in order or together", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    const first = say(connection, "One.");
    const second = say(connection, "Two.");
    await until(() => ended(first) && ended(second));
    const third = say(connection, "Three.");
    await until(() => ended(third));
    expect(standIn.log.filter(({ what }) => what === "open")).toHaveLength(1);
    expect(wire(standIn)).toContain("init:u3");
    for (const { events } of [first, second, third]) expect(events.at(-1)).toEqual({ type: "done" });
  });

  it("when cancelled closes the context and drops what still comes of it", async () => {
    const service = new ManualClock();
    const standIn = await standInWith({ clock: service, firstByte: 100, speed: 4 });
    const connection = connect(standIn.origin);
    const speech = say(connection, "This is a sentence that takes some seconds to speak to its end.");
    await until(() => wire(standIn).includes("close_context:u1"));
    service.advanceTo(100);
    await until(() => speech.events.length === 1);
    speech.utterance.cancel();
    const next = say(connection, "Yes?");
    await until(() => wire(standIn).includes("close_context:u2"));
    service.advanceTo(60_000);
    await until(() => ended(next));
    expect(wire(standIn)).toContain("audio:u1 | audio:u1");
    expect(speech.events).toHaveLength(1);
    expect(next.events.map(({ type }) => type)).toEqual(["audio", "done"]);
  });

  it("closes the context of an utterance that is cancelled before its end", async () => {
    const standIn = await standInWith();
    const speech = begin(connect(standIn.origin));
    speech.utterance.write("Not to be ");
    await until(() => wire(standIn).includes("text:u1"));
    speech.utterance.cancel();
    await until(() => wire(standIn).endsWith("close_context:u1 | isFinal:u1"));
    expect(speech.events).toEqual([]);
  });

  it("waits for a place when the service holds five contexts", async () => {
    const service = new ManualClock();
    const standIn = await standInWith({ clock: service, firstByte: 100 });
    const connection = connect(standIn.origin);
    const early = Array.from({ length: 5 }, () => say(connection, "Spoken."));
    await until(() => wire(standIn).includes("close_context:u5"));
    const speech = say(connection, "Hello.");
    for (const { utterance } of early) utterance.cancel();
    expect(wire(standIn)).not.toContain("init:u6");
    service.advanceTo(1_000);
    await until(() => wire(standIn).includes("close_context:u6"));
    service.advanceTo(2_000);
    await until(() => ended(speech));
    expect(errorOf(speech)).toBeUndefined();
    expect(wire(standIn)).not.toContain("error");
  });

  it("says goodbye when it is closed, and nothing is told afterwards", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    const speech = begin(connection);
    speech.utterance.write("Not to be ");
    await until(() => wire(standIn).includes("text:u1"));
    await Promise.all([connection.close(), connection.close()]);
    expect(wire(standIn)).toContain("close_socket");
    expect(speech.events).toEqual([]);
    const late = say(connection, "Too late.");
    await until(() => ended(late));
    expect(errorOf(late)).toBe("PROVIDER_UNAVAILABLE");
  });

  it("keeps a context alive while its words are awaited, and never one that has not begun", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    const speech = begin(connection);
    speech.utterance.write("One moment, ");
    begin(connection);
    await until(() => wire(standIn).includes("text:u1"));
    clock.advanceTo(60_000);
    clock.advanceTo(120_000);
    await until(() => wire(standIn).endsWith("text:u1 One moment,  | keep_alive:u1 | keep_alive:u1"));
  });

  it.each([401, 403])("is refused for good with %i", async (status) => {
    const standIn = await standInWith();
    standIn.inject({ type: "status", status });
    const connection = connect(standIn.origin);
    const first = say(connection, "Hello.");
    await until(() => ended(first));
    const second = say(connection, "Hello again.");
    await until(() => ended(second));
    expect([errorOf(first), errorOf(second)]).toEqual(["PROVIDER_REFUSED", "PROVIDER_REFUSED"]);
    expect(wire(standIn)).toBe(`refused:${status}`);
    expect(clock.armed).toBe(0);
  });

  it.each([
    [429, "PROVIDER_RATE_LIMITED"],
    [500, "PROVIDER_UNAVAILABLE"],
  ])("fails with %i as %s and connects for the next utterance", async (status, code) => {
    const standIn = await standInWith();
    standIn.inject({ type: "status", status });
    const connection = connect(standIn.origin);
    const first = say(connection, "Hello.");
    await until(() => ended(first));
    expect(errorOf(first)).toBe(code);
    const second = say(connection, "Hello again.");
    await until(() => ended(second));
    expect(second.events.at(-1)).toEqual({ type: "done" });
  });

  it("connects again by itself after a loss, later each time, and not for ever", async () => {
    let connections = 0;
    const origin = await serverOf((socket) => {
      connections++;
      socket.terminate();
    });
    connect(origin);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      await until(
        () => connections === attempt && clock.armed === 1 && (clock.nextDue ?? 0) - clock.now() < 3_000,
      );
      const due = clock.nextDue ?? 0;
      waits.push(due - clock.now());
      clock.advanceTo(due);
    }
    await until(() => connections === 6 && clock.armed === 0);
    expect(waits).toEqual([50, 100, 200, 400, 800]);
  });

  it("fails what is under way when the connection drops, and the next utterance is spoken", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    await until(() => wire(standIn).includes("open"));
    standIn.inject({ type: "drop", afterMessages: 1 });
    const first = say(connection, "This is long enough for some messages of audio.");
    const waiting = begin(connection);
    await until(() => ended(first) && ended(waiting));
    expect(first.events.map(({ type }) => type)).toEqual(["audio", "failed"]);
    expect([errorOf(first), errorOf(waiting)]).toEqual(["PROVIDER_UNAVAILABLE", "PROVIDER_UNAVAILABLE"]);
    const second = say(connection, "Hello again.");
    await until(() => ended(second));
    expect(second.events.at(-1)).toEqual({ type: "done" });
  });

  it.each([
    ["before the first audio", 0, 3_000],
    ["between two messages of audio", 1, 4_000],
  ])("gives the connection up when the service falls silent %s", async (_when, afterMessages, ms) => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    await until(() => wire(standIn).includes("open"));
    standIn.inject({ type: "stall", afterMessages });
    const first = say(connection, "This is long enough for some messages of audio.");
    await until(() => wire(standIn).includes("close_context:u1") && first.events.length === afterMessages);
    clock.advanceTo(ms - 1);
    expect(first.events).toHaveLength(afterMessages);
    clock.advanceTo(ms);
    expect(errorOf(first)).toBe("PROVIDER_TIMEOUT");
    const second = say(connection, "Hello again.");
    await until(() => ended(second));
    expect(second.events.at(-1)).toEqual({ type: "done" });
  });

  it("gives up a handshake that does not end", async () => {
    const server = await startStandInServer({ upgrade: () => {} });
    const connection = connect(kept(server).origin);
    const speech = begin(connection);
    clock.advanceTo(3_000);
    expect(errorOf(speech)).toBe("PROVIDER_TIMEOUT");
  });

  it.each([
    ["what is not JSON", '{"audio":"'],
    ["a binary message", Buffer.from([1])],
  ])("fails at %s and connects again", async (_what, message) => {
    let connections = 0;
    const origin = await serverOf((socket) => {
      if (++connections === 1) socket.send(message);
    });
    const speech = begin(connect(origin));
    await until(() => ended(speech));
    expect(errorOf(speech)).toBe("PROVIDER_PROTOCOL");
    clock.advanceTo(clock.now() + 100);
    await until(() => connections === 2);
  });

  it("fails with an injected malformed message", async () => {
    const standIn = await standInWith();
    standIn.inject({ type: "malformed", atMessage: 1 });
    const speech = say(connect(standIn.origin), "This is long enough for some messages of audio.");
    await until(() => ended(speech));
    expect(errorOf(speech)).toBe("PROVIDER_PROTOCOL");
  });

  it("hands an error to the utterance that it names, and one that names none to all", async () => {
    const origin = await serverOf((socket) => {
      let messages = 0;
      socket.on("message", () => {
        messages++;
        const error = { error: "system_busy", message: "Busy.", code: 1 };
        if (messages === 3) socket.send(JSON.stringify({ ...error, contextId: "u1" }));
        if (messages === 5) socket.send(JSON.stringify({ ...error, error: "quota_exceeded" }));
      });
    });
    const connection = connect(origin);
    const [first, second, third] = [begin(connection), begin(connection), begin(connection)];
    first.utterance.write("Hello ");
    second.utterance.write("there ");
    await until(() => ended(first));
    expect([errorOf(first), errorOf(second)]).toEqual(["PROVIDER_RATE_LIMITED", undefined]);
    second.utterance.write("and ");
    await until(() => ended(second) && ended(third));
    expect([errorOf(second), errorOf(third)]).toEqual(["PROVIDER_REFUSED", "PROVIDER_REFUSED"]);
  });
});

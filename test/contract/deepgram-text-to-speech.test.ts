import { beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { VoiceConnection } from "../../src/pipeline/text-to-speech.ts";
import { DeepgramTextToSpeech } from "../../src/providers/deepgram/deepgram-text-to-speech.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import {
  type DeepgramStandInOptions,
  startDeepgramStandIn,
} from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { startStandInServer } from "../../src/simulation/stand-ins/stand-in-server.ts";
import { keeping } from "../support/keeping.ts";
import { until } from "../support/until.ts";
import { begin, ended, errorOf, type Speech, say } from "./voice-harness.ts";

const QUICK = { firstByte: 0, speed: 100_000, charactersPerSecond: 20, chunk: 400 };

let clock: ManualClock;
const kept = keeping(() => clock);

beforeEach(() => {
  clock = new ManualClock();
});

async function standInWith(options: Partial<DeepgramStandInOptions> = {}): Promise<StandIn> {
  return kept(await startDeepgramStandIn({ clock: systemClock, voice: QUICK, ...options }));
}

function connect(origin: string, voice?: string, model?: string): VoiceConnection {
  const options = { apiKey: "key", clock, baseUrl: origin, random: () => 0.999, ...(model && { model }) };
  const language = { language: "en-US" };
  return kept(
    new DeepgramTextToSpeech(options).open(voice === undefined ? language : { ...language, voice }),
  );
}

function bytesOf({ events }: Speech): number {
  return events.reduce((sum, event) => sum + (event.type === "audio" ? event.mulaw.length : 0), 0);
}

/** What went over the wire, a run of audio once. */
function wire(standIn: StandIn): string {
  const entries = standIn.log.map(({ what, detail }) => (detail ? `${what}:${detail}` : what));
  return entries.filter((entry, index) => entry !== "audio" || entries[index - 1] !== "audio").join(" | ");
}

function opened(standIn: StandIn): number {
  return standIn.log.filter(({ what }) => what === "open").length;
}

/** Lets time pass for the adapter in steps in which sockets can answer. */
async function pass(ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end; ) {
    await clock.settleTo(Math.min(end, clock.now() + 100));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("Deepgram's voice", () => {
  it("asks for raw telephone audio with the key in the header", async () => {
    const standIn = await standInWith({ apiKey: "key" });
    const connection = connect(standIn.origin);
    const speech = say(connection, "Hello.");
    await until(() => ended(speech));
    expect(standIn.log[0]?.detail).toBe("/v1/speak?model=aura-2-thalia-en&encoding=mulaw&sample_rate=8000");
  });

  it.each([
    ["aura-2-luna-en", undefined, "aura-2-luna-en"],
    ["21m00Tcm4TlvDq8ikWAM", "aura-2-apollo-en", "aura-2-apollo-en"],
    ["slt", undefined, "aura-2-thalia-en"],
  ])("speaks for a profile with the voice %s, configured with %s, as %s", async (voice, model, expected) => {
    const standIn = await standInWith();
    connect(standIn.origin, voice, model);
    await until(() => opened(standIn) === 1);
    expect(standIn.log[0]?.detail).toContain(`model=${expected}&`);
  });

  it("speaks an utterance flush by flush, in the order of the wire", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    const speech = begin(connection);
    for (const piece of ["Sure", " thing,"]) speech.utterance.write(piece);
    speech.utterance.flush();
    await until(() => wire(standIn).endsWith("Flushed"));
    for (const piece of [" I", " can", " help."]) speech.utterance.write(piece);
    speech.utterance.end();
    await until(() => ended(speech));
    expect(speech.events.at(-1)).toEqual({ type: "done" });
    expect(wire(standIn).replace(/^open:\S+ \| Metadata \| /, "")).toBe(
      "Speak:Sure thing, | Flush | audio | Flushed | Speak: I can help. | Flush | audio | Flushed",
    );
    expect(bytesOf(speech)).toBe("Sure thing, I can help.".length * 400);
  });

  it("gathers what is flushed while two segments are with the vendor", async () => {
    const service = new ManualClock();
    const standIn = await standInWith({ clock: service, voice: { firstByte: 100 } });
    const connection = connect(standIn.origin);
    const speech = begin(connection);
    for (const piece of ["One, ", "two, ", "three, ", "four, ", "five."]) {
      speech.utterance.write(piece);
      speech.utterance.flush();
      await until(() => wire(standIn).includes("Speak:One,  | Flush"));
    }
    speech.utterance.end();
    await until(() => wire(standIn).endsWith("Speak:two,  | Flush"));
    for (let at = 0; at < 5_000 && !ended(speech); at += 50) {
      service.advanceTo(at);
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(speech.events.at(-1)).toEqual({ type: "done" });
    const spoken = standIn.log.filter(({ what }) => what === "Speak").map(({ detail }) => detail);
    expect(spoken).toEqual(["One, ", "two, ", "three, four, five."]);
  });

  it("tells times for all of the text, rising, the first with the first sound, none beyond the sound", async () => {
    const standIn = await standInWith();
    const text = ["Sure thing, ", "I can help you with that. ", "One moment please."];
    const speech = begin(connect(standIn.origin));
    for (const piece of text) {
      speech.utterance.write(piece);
      speech.utterance.flush();
    }
    speech.utterance.end();
    await until(() => ended(speech));
    const audio = speech.events.filter((event) => event.type === "audio");
    expect(audio[0]?.characters?.text).toBe("Sure ");
    const times = audio.flatMap((event) => (event.characters === undefined ? [] : [event.characters]));
    expect(times.map((each) => each.text).join("")).toBe(text.join(""));
    const starts = times.flatMap((each) => each.starts);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(times.at(-1)?.end).toBeLessThanOrEqual(bytesOf(speech) / 8);
    // The vendor's stand-in gives each character 50 ms.
    const one = text.join("").indexOf("One");
    expect(Math.abs((starts[one] ?? 0) - one * 50)).toBeLessThan(200);
  });

  it("when cancelled clears what is under way and attributes nothing of it to the next utterance", async () => {
    const service = new ManualClock();
    const standIn = await standInWith({ clock: service, voice: { ...QUICK, firstByte: 100, speed: 4 } });
    const connection = connect(standIn.origin);
    const speech = say(connection, "This is a sentence that takes some seconds to speak to its end.");
    await until(() => wire(standIn).endsWith("Flush"));
    service.advanceTo(100);
    await until(() => speech.events.length === 1);
    speech.utterance.cancel();
    const next = say(connection, "Yes?");
    await until(() => wire(standIn).endsWith("Speak:Yes? | Flush"));
    service.advanceTo(60_000);
    await until(() => ended(next));
    expect(wire(standIn)).toContain("| Clear | Cleared | Speak:Yes? | Flush");
    expect(speech.events).toHaveLength(1);
    expect(bytesOf(next)).toBe(4 * 400);
    expect(opened(standIn)).toBe(1);
  });

  it("does not clear when there is nothing under way, or another utterance would go with it", async () => {
    const service = new ManualClock();
    const standIn = await standInWith({ clock: service, voice: { ...QUICK, firstByte: 100 } });
    const connection = connect(standIn.origin);
    const unwritten = begin(connection);
    unwritten.utterance.write("Never flushed");
    unwritten.utterance.cancel();
    const first = say(connection, "One.");
    const second = say(connection, "Second one.");
    await until(() => wire(standIn).endsWith("Speak:Second one. | Flush"));
    first.utterance.cancel();
    service.advanceTo(150);
    await until(() => wire(standIn).endsWith("Flushed"));
    service.advanceTo(400);
    await until(() => ended(second));
    expect(first.events).toEqual([]);
    expect(bytesOf(second)).toBe("Second one.".length * 400);
    expect(wire(standIn)).not.toContain("Clear");
  });

  it("gives up a connection that does not answer Clear", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    await until(() => wire(standIn).endsWith("Metadata"));
    standIn.inject({ type: "stall", afterMessages: 0 });
    const speech = say(connection, "Not to be heard.");
    await until(() => wire(standIn).endsWith("Flush"));
    speech.utterance.cancel();
    await pass(1_000);
    await pass(250);
    await until(() => opened(standIn) === 2);
    const next = say(connection, "Yes?");
    await until(() => ended(next));
    expect(next.events.at(-1)).toEqual({ type: "done" });
  });

  it("is done without a word when there is nothing to say", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    const speech = say(connection, " …", " ");
    await until(() => ended(speech));
    expect(speech.events).toEqual([{ type: "done" }]);
    expect(standIn.log.some(({ what }) => what === "Speak")).toBe(false);
  });

  it("speaks a long text in segments that the vendor can hold, at word ends", async () => {
    const standIn = await standInWith({ voice: { ...QUICK, charactersPerSecond: 1_000, chunk: 4_000 } });
    const words = Array.from({ length: 1_000 }, (_, index) => `word${index} `);
    const speech = say(connect(standIn.origin), words.join(""));
    await until(() => ended(speech));
    expect(speech.events.at(-1)).toEqual({ type: "done" });
    const segments = standIn.log.filter(({ what }) => what === "Speak").map(({ detail = "" }) => detail);
    expect(segments.join("")).toBe(words.join(""));
    expect(segments.every((text) => text.length <= 1_500 && text.endsWith(" "))).toBe(true);
  });

  it("changes the connection between utterances before the vendor refuses flushes", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    for (let count = 0; count < 30; count++) {
      const speech = say(connection, `Sentence ${count}.`);
      await until(() => ended(speech));
      expect(speech.events.at(-1)).toEqual({ type: "done" });
    }
    expect(opened(standIn)).toBe(3);
    expect(wire(standIn)).not.toContain("Warning");
  });

  it("changes it within an utterance that is flushed oftener than the vendor takes", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    const speech = begin(connection);
    for (let count = 0; count < 25; count++) {
      speech.utterance.write(`Number ${count}. `);
      speech.utterance.flush();
      const flushed = wire(standIn).split("Flushed").length;
      await until(() => wire(standIn).split("Flushed").length > flushed || opened(standIn) > 1);
    }
    speech.utterance.end();
    await until(() => ended(speech));
    expect(speech.events.at(-1)).toEqual({ type: "done" });
    expect(wire(standIn)).not.toContain("Warning");
    const said = standIn.log.filter(({ what }) => what === "Speak").map(({ detail }) => detail);
    expect(said.join("")).toBe(Array.from({ length: 25 }, (_, count) => `Number ${count}. `).join(""));
  });

  it("says goodbye when it is closed, and nothing is told afterwards", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    const greeting = say(connection, "Hello.");
    await until(() => ended(greeting));
    const speech = begin(connection);
    speech.utterance.write("Not to be ");
    await Promise.all([connection.close(), connection.close()]);
    expect(wire(standIn)).toContain("Close");
    expect(speech.events).toEqual([]);
    const late = say(connection, "Too late.");
    await until(() => ended(late));
    expect(errorOf(late)).toBe("PROVIDER_UNAVAILABLE");
  });
});

describe("Deepgram's voice in trouble", () => {
  it.each([401, 403])("is refused for good with %i", async (status) => {
    const standIn = await standInWith();
    standIn.inject({ type: "status", status });
    const connection = connect(standIn.origin);
    const first = say(connection, "Hello.");
    await until(() => ended(first));
    const second = say(connection, "Hello again.");
    await until(() => ended(second));
    expect([errorOf(first), errorOf(second)]).toEqual(["PROVIDER_REFUSED", "PROVIDER_REFUSED"]);
    expect(opened(standIn)).toBe(0);
  });

  it.each([429, 503])("connects again after %i, and what waits is spoken then", async (status) => {
    const standIn = await standInWith();
    standIn.inject({ type: "status", status });
    const connection = connect(standIn.origin);
    const speech = say(connection, "Hello.");
    await until(() => standIn.log.some(({ what }) => what === "refused"));
    await pass(300);
    await until(() => ended(speech));
    expect(speech.events.at(-1)).toEqual({ type: "done" });
  });

  it("is tried again for the next utterance once its attempts are used up", async () => {
    const standIn = await standInWith();
    standIn.inject(...Array.from({ length: 6 }, () => ({ type: "status", status: 503 }) as const));
    const connection = connect(standIn.origin);
    const refused = () => standIn.log.filter(({ what }) => what === "refused").length;
    for (let attempt = 1; attempt <= 6; attempt++) {
      await until(() => refused() >= attempt);
      await pass(4_000);
    }
    expect(opened(standIn)).toBe(0);
    const speech = say(connection, "Hello.");
    await until(() => ended(speech));
    expect(speech.events.at(-1)).toEqual({ type: "done" });
  });

  it("fails the words under way when the connection drops; an utterance between words goes on", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    const patient = begin(connection);
    patient.utterance.write("One moment. ");
    patient.utterance.flush();
    await until(() => wire(standIn).endsWith("Flushed"));
    await until(() => patient.events.at(-1)?.type === "audio" && patient.events.length >= 2);
    standIn.inject({ type: "drop", afterMessages: 1 });
    const cut = say(connection, "This is long enough for some messages of audio.");
    await until(() => ended(cut));
    expect(cut.events.map(({ type }) => type)).toEqual(["audio", "failed"]);
    expect(errorOf(cut)).toBe("PROVIDER_UNAVAILABLE");
    patient.utterance.write("Here it is.");
    patient.utterance.end();
    await pass(300);
    await until(() => ended(patient));
    expect(patient.events.at(-1)).toEqual({ type: "done" });
    expect(bytesOf(patient)).toBe("One moment. Here it is.".length * 400);
  });

  it.each([
    ["before the first audio", 0, 3_000],
    ["between two messages of audio", 1, 4_000],
  ])("gives the connection up when the vendor falls silent %s", async (_when, afterMessages, ms) => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    await until(() => wire(standIn).endsWith("Metadata"));
    standIn.inject({ type: "stall", afterMessages });
    const first = say(connection, "This is long enough for some messages of audio.");
    await until(() => wire(standIn).includes("Flush") && first.events.length === afterMessages);
    clock.advanceTo(ms - 1);
    expect(first.events).toHaveLength(afterMessages);
    clock.advanceTo(ms);
    expect(errorOf(first)).toBe("PROVIDER_TIMEOUT");
    const second = say(connection, "Hello again.");
    await until(() => ended(second));
    expect(second.events.at(-1)).toEqual({ type: "done" });
  });

  it("fails when no sound comes of the words", async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const server = await startStandInServer({
      upgrade: (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          webSocket.on("message", (data) => {
            if (String(data).includes("Flush")) webSocket.send('{"type":"Flushed","sequence_id":0}');
          });
        }),
    });
    const speech = say(connect(kept(server).origin), "Hello.");
    await until(() => ended(speech));
    expect(speech.events.map(({ type }) => type)).toEqual(["failed"]);
    expect(errorOf(speech)).toBe("PROVIDER_PROTOCOL");
  });

  it("fails what a flush was for when the vendor takes no more of them", async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const server = await startStandInServer({
      upgrade: (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          const warning = { type: "Warning", code: "X", description: "Too many flushes." };
          webSocket.on("message", () => webSocket.send(JSON.stringify(warning)));
        }),
    });
    const speech = say(connect(kept(server).origin), "Hello.");
    await until(() => ended(speech));
    expect(errorOf(speech)).toBe("PROVIDER_RATE_LIMITED");
  });

  it("gives up a handshake that does not end", async () => {
    const server = kept(await startStandInServer({ upgrade: () => {} }));
    const speech = say(connect(server.origin), "Hello.");
    clock.advanceTo(3_000);
    expect(errorOf(speech)).toBe("PROVIDER_TIMEOUT");
  });

  it("fails with a message that is not JSON", async () => {
    const standIn = await standInWith();
    const connection = connect(standIn.origin);
    await until(() => wire(standIn).endsWith("Metadata"));
    standIn.inject({ type: "malformed", atMessage: 1 });
    const speech = say(connection, "This is long enough for some messages of audio.");
    await until(() => ended(speech));
    expect(errorOf(speech)).toBe("PROVIDER_PROTOCOL");
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import type { SpeechEvent, Utterance, VoiceConnection } from "../../src/pipeline/text-to-speech.ts";
import { ElevenLabsTextToSpeech } from "../../src/providers/elevenlabs/elevenlabs-text-to-speech.ts";
import { failoverTextToSpeech } from "../../src/providers/failover/text-to-speech/failover-text-to-speech.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { CircuitBreakers } from "../../src/runtime/circuit-breakers.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { startElevenLabsStandIn } from "../../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import type { Fault, StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { keeping } from "../support/keeping.ts";
import { until } from "../support/until.ts";

/** Messages of 300 ms: six characters of 50 ms. */
const QUICK = { clock: systemClock, firstByte: 0, speed: 100_000, charactersPerSecond: 20, chunk: 300 };
const BYTES = 400;
const TEXT = "Sure thing, I can help you with that. We open at nine. ";

let clock: ManualClock;
const kept = keeping(() => clock);

beforeEach(() => {
  clock = new ManualClock();
});

interface Voices {
  readonly standIn: StandIn;
  readonly connection: VoiceConnection;
  readonly failures: string[];
}

/** ElevenLabs on the wire, and a voice in this process behind it. */
async function voices(): Promise<Voices> {
  const standIn = await startElevenLabsStandIn(QUICK);
  const failures: string[] = [];
  const list = failoverTextToSpeech(
    [
      new ElevenLabsTextToSpeech({
        apiKey: "key",
        clock,
        baseUrl: standIn.origin,
        firstByte: 1_000,
        random: () => 0,
      }),
      scriptedTextToSpeech({ clock, name: "next", perCharacter: 50 }),
    ],
    {
      clock,
      firstByte: 1_000,
      onFailure: (voice, { code }) => failures.push(`${voice} ${code.replace("PROVIDER_", "")}`),
      breakers: new CircuitBreakers(clock),
    },
  );
  const connection = list.open({ language: "en-US" });
  kept(standIn);
  kept(connection);
  return { standIn, connection, failures };
}

/** How many connections the service has taken, or refused. */
function attempts({ log }: StandIn): number {
  return log.filter(({ what }) => what === "open" || what === "refused").length;
}

function says(connection: VoiceConnection): {
  readonly utterance: Utterance;
  readonly events: SpeechEvent[];
} {
  const events: SpeechEvent[] = [];
  const utterance = connection.speak((event) => events.push(event));
  for (const piece of TEXT.match(/\S+\s*/g) ?? []) {
    utterance.write(piece);
    if (/[.,] $/.test(piece)) utterance.flush();
  }
  utterance.end();
  return { utterance, events };
}

const ended = (events: readonly SpeechEvent[]): boolean => /done|failed/.test(events.at(-1)?.type ?? "");

/** What was told to have been spoken; times must go with the sound, and nothing sound without characters but a fade. */
function told(events: readonly SpeechEvent[]): string {
  let text = "";
  let bytes = 0;
  for (const event of events) {
    if (event.type !== "audio") continue;
    const { mulaw, characters } = event;
    if (characters !== undefined && mulaw.length > 0) {
      expect(characters.starts[0]).toBeCloseTo(bytes / 8, 0);
      expect(mulaw).toHaveLength(characters.text.length * BYTES);
    }
    text += characters?.text ?? "";
    bytes += mulaw.length;
  }
  return text.replace(/\s+/g, " ").trim();
}

const lost = "elevenlabs UNAVAILABLE";

describe("ElevenLabs with another voice behind it", () => {
  it.each<[string, Fault[], string[]]>([
    ["refused with 500 once", [{ type: "status", status: 500 }], [lost]],
    ["dropped before the first sound", [{ type: "drop", afterMessages: 0 }], [lost]],
    ["dropped within a word", [{ type: "drop", afterMessages: 1 }], [lost]],
    ["dropped later", [{ type: "drop", afterMessages: 5 }], [lost]],
    ["spoilt", [{ type: "malformed", atMessage: 3 }], ["elevenlabs PROTOCOL"]],
  ])("%s: the same voice says the rest on a new connection", async (_what, faults, expected) => {
    const { standIn, connection, failures } = await voices();
    if (faults[0]?.type !== "status") await until(() => attempts(standIn) === 1);
    standIn.inject(...faults);
    const { events } = says(connection);
    await until(() => ended(events));
    expect(failures).toEqual(expected);
    expect(told(events)).toBe(TEXT.trim());
    expect(attempts(standIn)).toBe(2);
  });

  it.each<[string, Fault[]]>([
    [
      "refused with 500 again",
      [
        { type: "status", status: 500 },
        { type: "status", status: 500 },
      ],
    ],
    [
      "dropped again",
      [
        { type: "drop", afterMessages: 2 },
        { type: "drop", afterMessages: 2 },
      ],
    ],
  ])("%s: the next voice says the rest", async (_what, faults) => {
    const { standIn, connection, failures } = await voices();
    standIn.inject(...faults);
    const { events } = says(connection);
    await until(() => ended(events));
    expect(failures).toEqual([lost, lost]);
    expect(told(events)).toBe(TEXT.trim());
    expect(events.at(-1)).toEqual({ type: "done", makeshift: true });
  });

  it.each([
    ["before its first sound", 0, ""],
    ["within a sentence", 3, "Sure thing, I can"],
  ])("silent %s: the next voice says the rest", async (_when, afterMessages, said) => {
    const { standIn, connection, failures } = await voices();
    await until(() => attempts(standIn) === 1);
    standIn.inject({ type: "stall", afterMessages });
    const { events } = says(connection);
    await until(() => standIn.log.some(({ what }) => what === "close_context") && told(events) === said);
    clock.advanceTo(999);
    expect(failures).toEqual([]);
    expect(told(events)).toBe(said);
    // Or 500 ms before the caller runs out of sound.
    clock.advanceTo(1_400);
    await until(() => ended(events));
    expect(failures).toEqual(["elevenlabs TIMEOUT"]);
    expect(told(events)).toBe(TEXT.trim());
  });

  it("refused for good (401): the next voice says all, this time and the next", async () => {
    const { standIn, connection, failures } = await voices();
    standIn.inject({ type: "status", status: 401 });
    const first = says(connection);
    await until(() => ended(first.events));
    const second = says(connection);
    await until(() => ended(second.events));
    expect(failures).toEqual(["elevenlabs REFUSED"]);
    expect([told(first.events), told(second.events)]).toEqual([TEXT.trim(), TEXT.trim()]);
    expect(attempts(standIn)).toBe(1);
  });
});

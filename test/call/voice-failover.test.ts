import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AgentProfile, defaultTurnTaking } from "../../src/calls/agent-profile.ts";
import type { TextToSpeech } from "../../src/pipeline/text-to-speech.ts";
import {
  failoverTextToSpeech,
  type VoiceFailoverOptions,
} from "../../src/providers/failover/text-to-speech/failover-text-to-speech.ts";
import {
  type ScriptedTextToSpeechOptions,
  scriptedTextToSpeech,
  type VoiceFault,
} from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { readAloud } from "../../src/providers/scripted/spelled-sound.ts";
import { CircuitBreakers } from "../../src/runtime/circuit-breakers.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { answering, heardOf, LONG_REPLY, PER_CHARACTER } from "../support/conversations.ts";
import { speech, type VirtualCall } from "../support/virtual-call.ts";

const question = speech("what-are-your-opening-hours");
const REPLY =
  "Sure thing, I can help you with that right away. We open at nine and close at six, every day but Sunday. " +
  "Would you like me to book a table?";

/** Delivers as the vendors do: pieces of 400 ms that end anywhere, eight times faster than they are heard. */
const LIKE_A_VENDOR = { firstByte: 100, perCharacter: PER_CHARACTER, chunk: 400, speed: 8 };
const WITHOUT_SPECULATION: Partial<AgentProfile> = {
  turnTaking: { ...defaultTurnTaking, speculation: false },
};

interface Line {
  /** Of the first voice: what goes wrong with each reply that it begins; the greeting goes well. */
  readonly faults?: readonly (VoiceFault | undefined)[];
  readonly first?: Partial<ScriptedTextToSpeechOptions>;
  readonly second?: Partial<ScriptedTextToSpeechOptions>;
  /** Of the greeting too. */
  readonly fromTheStart?: boolean;
}

/** Two voices, a and b, and what was told of their failures. */
function twoVoices(clock: Clock, line: Line, failures: string[]): TextToSpeech {
  const faults = [...(line.faults ?? [])];
  if (!line.fromTheStart) faults.unshift(undefined);
  const options: VoiceFailoverOptions = {
    clock,
    firstByte: 1_000,
    onFailure: (voice, { code }) => failures.push(`${voice} ${code}`),
    breakers: new CircuitBreakers(clock),
  };
  const fault = (): VoiceFault | undefined => faults.shift();
  return failoverTextToSpeech(
    [
      scriptedTextToSpeech({ clock, name: "a", ...LIKE_A_VENDOR, fault, ...line.first }),
      scriptedTextToSpeech({ clock, name: "b", ...LIKE_A_VENDOR, firstByte: 300, ...line.second }),
    ],
    options,
  );
}

async function call(line: Line, profile = WITHOUT_SPECULATION, reply = REPLY, words = ["tell me", "stop"]) {
  const failures: string[] = [];
  const told = await answering(words, () => reply, {
    textToSpeech: (clock) => twoVoices(clock, line, failures),
    profile,
  });
  await told.dial();
  return { told, failures };
}

async function asksAndHears(told: VirtualCall): Promise<void> {
  await told.hearsOut(0);
  await told.says(question);
  await told.hearsOut(1);
}

/** What came out of the caller's telephone, blanks left out: a seam may lie where one was. */
function played(told: VirtualCall): string {
  const sound = Buffer.concat(told.playback.played.map(({ mulaw }) => mulaw));
  return readAloud(sound, PER_CHARACTER).replaceAll(" ", "");
}

/** The longest silence within the reply, in ms: between audio that was played to its end and the next. */
function longestPause(told: VirtualCall): number {
  const from = told.of("turn-committed").at(-1)?.at ?? 0;
  const pieces = told.playback.played.filter(({ start }) => start >= from);
  const pauses = pieces.map(({ start }, index) => {
    const before = pieces[index - 1];
    return before === undefined ? 0 : start - (before.start + before.mulaw.length / 8);
  });
  return Math.max(...pauses);
}

/**
 * How many words were begun, cut off and said again; undefined when the sound is not the text with nothing but that.
 * Both without blanks but for those of the text.
 */
function stammers(sound: string, text: string): number | undefined {
  let at = 0;
  let count = 0;
  for (const word of text.split(" ")) {
    while (!sound.startsWith(word, at)) {
      const cut = longestStart(sound.slice(at), word);
      if (cut === 0) return undefined;
      at += cut;
      count += 1;
    }
    at += word.length;
  }
  return at === sound.length ? count : undefined;
}

/** How many characters of the word the sound begins with, so that what follows begins with its first again. */
function longestStart(sound: string, word: string): number {
  for (let cut = word.length - 1; cut > 0; cut--)
    if (sound.startsWith(word.slice(0, cut)) && sound[cut] === word[0]) return cut;
  return 0;
}

/** How many words of the text, the last perhaps cut, the sound has; it must have nothing else. Without blanks. */
function wordsIn(sound: string, text: string): number {
  expect(text.replaceAll(" ", "").startsWith(sound), sound).toBe(true);
  let words = 0;
  for (let left = sound.length; left > 0; words++) left -= text.split(" ")[words]?.length ?? left;
  return words;
}

const whole = (text: string): string => `Hello.${text}`.replaceAll(" ", "");

describe("a voice that fails within a reply", () => {
  it.each<[string, Line, string[], number]>([
    ["refuses once", { faults: [{ type: "drop", after: 0 }] }, ["a PROVIDER_UNAVAILABLE"], 0],
    [
      "refuses for good",
      { faults: Array(9).fill({ type: "drop", after: 0 }) },
      ["a PROVIDER_UNAVAILABLE", "a PROVIDER_UNAVAILABLE"],
      0,
    ],
    ["says nothing", { faults: [{ type: "stall", after: 0 }] }, ["a PROVIDER_TIMEOUT"], 0],
    ["is cut off", { faults: [{ type: "drop", after: 2_000 }] }, ["a PROVIDER_UNAVAILABLE"], 0],
    [
      "is cut off again and again",
      { faults: Array(9).fill({ type: "drop", after: 2_000 }) },
      ["a PROVIDER_UNAVAILABLE", "a PROVIDER_UNAVAILABLE"],
      0,
    ],
    ["falls silent", { faults: [{ type: "stall", after: 2_000 }] }, ["a PROVIDER_TIMEOUT"], 0],
    [
      "falls silent, and had given what it said in real time",
      { faults: [{ type: "stall", after: 2_000 }], first: { speed: 1 } },
      ["a PROVIDER_TIMEOUT"],
      1_000 + 300,
    ],
  ])("%s: every word is heard once, and the transcript has them", async (_what, line, expected, pause) => {
    const { told, failures } = await call(line);
    await asksAndHears(told);
    expect(failures).toEqual(expected);
    expect(played(told)).toBe(whole(REPLY));
    expect(told.transcript).toEqual(["agent: Hello.", "caller: tell me", `agent: ${REPLY}`]);
    expect(longestPause(told)).toBeLessThanOrEqual(pause);
  });

  it("is left in time: the next words come within 1.5 s of the fault's deadline", async () => {
    const { told } = await call({ faults: [{ type: "stall", after: 0 }] });
    await asksAndHears(told);
    const at = (stage: string) =>
      told.of("stage-reached").find((event) => event.turn === 1 && event.stage === stage)?.at ?? Number.NaN;
    expect(at("first-audio-sent") - at("first-clause")).toBe(1_000 + 300);
  });

  it("is cut off anywhere, once, twice or for good, and no word is lost or said twice", async () => {
    const length = REPLY.length * PER_CHARACTER;
    const fault = fc.record({
      type: fc.constantFrom("drop" as const, "stall" as const),
      after: fc.integer({ min: 0, max: length }),
    });
    const lines = fc.record({
      faults: fc.array(fc.option(fault, { nil: undefined }), { minLength: 1, maxLength: 3 }),
      first: fc.record({
        chunk: fc.integer({ min: 100, max: 1_500 }),
        speed: fc.constantFrom(2, 4, 8, 50),
      }),
      second: fc.record({ chunk: fc.integer({ min: 100, max: 1_500 }) }),
    });
    await fc.assert(
      fc.asyncProperty(lines, async (line) => {
        const { told } = await call(line);
        await asksAndHears(told);
        const cuts = line.faults.filter((one) => one !== undefined).length;
        expect(stammers(played(told), `Hello. ${REPLY}`), played(told)).toBeLessThanOrEqual(cuts);
        expect(told.transcript.at(-1)).toBe(`agent: ${REPLY}`);
      }),
      { numRuns: 60 },
    );
  });

  it("fails while its reply is still unheard: what it had said is heard all the same, the rest from the next", async () => {
    const { told, failures } = await call({ faults: [{ type: "drop", after: 2_000 }] }, {});
    await asksAndHears(told);
    expect(told.of("speculated").at(0)?.accepted).toBe(true);
    expect(failures).toEqual(["a PROVIDER_UNAVAILABLE"]);
    expect(played(told)).toBe(whole(REPLY));
    expect(told.transcript.at(-1)).toBe(`agent: ${REPLY}`);
  });

  it("is interrupted anywhere around the seam: the transcript has what was heard, to the word", async () => {
    const moments = fc.record({
      type: fc.constantFrom("drop" as const, "stall" as const),
      after: fc.integer({ min: 0, max: 4_000 }),
      interruptedAfter: fc.constantFrom(..."two four five seven nine eleven".split(" ")),
    });
    await fc.assert(
      fc.asyncProperty(moments, async ({ interruptedAfter, ...fault }) => {
        const { told } = await call({ faults: [fault] }, {}, LONG_REPLY);
        await told.hearsOut(0);
        await told.says(question);
        await told.waitsUntil(() => heardOf(told, 1).includes(interruptedAfter));
        await told.says(question);
        const final = told.of("agent-heard").find((event) => event.turn === 1 && event.final);
        expect(final?.interrupted).toBe(true);
        const heard = told.playback.played.filter(({ start }) => start < (final?.at ?? 0));
        const sound = readAloud(Buffer.concat(heard.map(({ mulaw }) => mulaw)), PER_CHARACTER);
        const truth = wordsIn(sound.replaceAll(" ", "").replace("Hello.", ""), LONG_REPLY);
        const said = final?.text ?? "";
        expect(LONG_REPLY.startsWith(said)).toBe(true);
        expect(Math.abs(said.split(" ").length - truth)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 25 },
    );
  });

  it("is stopped by a lone mm-hm around the seam, and goes on from the word", async () => {
    const fault: VoiceFault = { type: "drop", after: 2_200 };
    const { told } = await call({ faults: [fault] }, {}, LONG_REPLY, ["tell me", "mm-hm"]);
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => heardOf(told, 1).includes("five"));
    await told.says(speech("mm-hm.150hz"));
    await told.hearsOut(1);
    expect(told.sent.filter(({ event }) => event === "clear")).toHaveLength(1);
    expect(stammers(played(told), `Hello. ${LONG_REPLY}`), played(told)).toBeLessThanOrEqual(1);
    expect(told.transcript).toContain(`agent: ${LONG_REPLY}`);
  });

  it("is interrupted while nobody speaks: the next voice is not heard any more", async () => {
    const { told, failures } = await call({ faults: [{ type: "stall", after: 0 }] });
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => failures.length === 1);
    told.hangsUp();
    await told.clock.settleTo(told.clock.now() + 10_000);
    expect(told.transcript).toEqual(["agent: Hello.", "caller: tell me"]);
    expect(told.clock.armed).toBe(0);
  });

  it("fails at the greeting, which the next voice speaks", async () => {
    const { told } = await call({ faults: [{ type: "stall", after: 0 }], fromTheStart: true });
    await told.hearsOut(0);
    expect(told.transcript).toEqual(["agent: Hello."]);
  });

  it("is gone together with all others: what they said was heard, and the apology is said once one is back", async () => {
    const broken = [undefined, ...Array(2).fill({ type: "drop", after: 1_500 })];
    const again = [...Array(2).fill({ type: "drop", after: 1_500 })];
    const { told, failures } = await call({
      faults: broken.slice(1),
      second: { fault: () => again.shift() },
    });
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.transcript.some((line) => line.includes("I am sorry")));
    expect(failures).toEqual(["a PROVIDER_UNAVAILABLE", "a PROVIDER_UNAVAILABLE", "b PROVIDER_UNAVAILABLE"]);
    const heard = told.of("agent-heard").findLast(({ turn }) => turn === 1)?.text ?? "";
    expect(heard.length * PER_CHARACTER).toBeGreaterThan(3 * 1_000);
    expect(REPLY.startsWith(heard)).toBe(true);
  });

  it.each([
    ["the first", { first: { times: false } }],
    ["the second", { second: { times: false } }],
    ["neither", { first: { times: false }, second: { times: false } }],
  ] as [string, Line][])(
    "tells no times (%s): its pace so far tells where to go on, and the transcript has all",
    async (_which, line) => {
      const greeting = "Hello, and thank you for calling the restaurant at the corner.";
      // "Sure thing, I can help you with " takes 32 characters of 60 ms.
      const { told } = await call(
        {
          ...line,
          faults: [{ type: "drop", after: 1_921 }],
          first: { ...line.first, chunk: 1_920, speed: 2 },
        },
        { ...WITHOUT_SPECULATION, greeting },
      );
      await asksAndHears(told);
      expect(played(told)).toBe(`${greeting}${REPLY}`.replaceAll(" ", ""));
      expect(told.transcript).toEqual([`agent: ${greeting}`, "caller: tell me", `agent: ${REPLY}`]);
    },
  );
});

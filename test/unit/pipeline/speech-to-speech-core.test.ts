import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentProfile, defaultTurnTaking } from "../../../src/calls/agent-profile.ts";
import { takeSpeechStep } from "../../../src/pipeline/speech-to-speech-core.ts";
import type { SpeechRules } from "../../../src/pipeline/speech-to-speech-draft.ts";
import {
  initialSpeechState,
  type SpeechEffect,
  type SpeechInput,
  type SpeechState,
} from "../../../src/pipeline/speech-to-speech-state.ts";

const profile = agentProfile({ greeting: "Hello." });
const rules: SpeechRules = { profile, longestCall: 600_000 };

type Given = SpeechInput extends infer Input ? (Input extends SpeechInput ? Input : never) : never;

/** Plays inputs in order; answers the last state and the effects of the last input. */
function play(
  inputs: readonly Given[],
  given = rules,
): { state: SpeechState; effects: readonly SpeechEffect[] } {
  let step: { state: SpeechState; effects: readonly SpeechEffect[] } = {
    state: initialSpeechState,
    effects: [],
  };
  for (const input of inputs) step = takeSpeechStep(given, step.state, input);
  return step;
}

/** Effects but for the wakes and facts. */
function doings({ effects }: { effects: readonly SpeechEffect[] }): SpeechEffect[] {
  return effects.filter(({ type }) => type !== "wake" && type !== "publish");
}

function facts({ effects }: { effects: readonly SpeechEffect[] }): string[] {
  return effects.flatMap((effect) => (effect.type === "publish" ? [effect.fact.type] : []));
}

const greeting: readonly Given[] = [
  { at: 0, type: "opened" },
  { at: 100, type: "reply-started", reply: "r0", turn: 0 },
  { at: 300, type: "audible", turn: 0 },
];
const greeted: readonly Given[] = [
  ...greeting,
  { at: 400, type: "reply-ended", reply: "r0", outcome: "completed", tools: 0 },
  { at: 1_000, type: "finished", turn: 0 },
];
/** The caller speaks, the provider hears the end of it and replies; the agent is heard. */
const answering: readonly Given[] = [
  ...greeted,
  { at: 2_000, type: "speech-started", since: 1_940 },
  { at: 2_100, type: "caller-started" },
  { at: 3_000, type: "speech-ended", since: 2_860 },
  { at: 3_400, type: "caller-stopped" },
  { at: 3_450, type: "reply-started", reply: "r1" },
  { at: 3_700, type: "audible", turn: 1 },
];

describe("the speech-to-speech core", () => {
  it("asks for the greeting, follows its reply, and listens once it was heard", () => {
    expect(doings(play(greeting.slice(0, 1)))).toEqual([{ type: "respond", turn: 0, say: "Hello." }]);
    expect(doings(play(greeting.slice(0, 2)))).toEqual([{ type: "follow", turn: 0, reply: "r0" }]);
    expect(doings(play(greeted.slice(0, 4)))).toEqual([{ type: "finish", turn: 0 }]);
    expect(play(greeted).state).toMatchObject({ phase: "listening", deadlines: { silence: 21_000 } });
  });

  it("lets the caller speak first when there is no greeting", () => {
    const quiet = { ...rules, profile: agentProfile({ greeting: "" }) };
    expect(play([{ at: 0, type: "opened" }], quiet).state.phase).toBe("listening");
  });

  it("begins a turn when the provider holds that the caller has finished, by local silence", () => {
    const step = play(answering.slice(0, -2));
    expect(step.effects).toContainEqual({
      type: "publish",
      fact: { type: "turn-committed", turn: 1, callerText: "", speechEndedAt: 2_860 },
    });
    expect(step.state).toMatchObject({ phase: "thinking", turn: 1, deadlines: { reply: 8_400 } });
    expect(play(answering).state).toMatchObject({ phase: "speaking", turn: 1, reply: "r1" });
  });

  it("falls silent at the onset, without waiting for the provider, and gives up once the provider agrees", () => {
    const onset = play([...answering, { at: 4_000, type: "speech-started", since: 3_940 }]);
    expect(doings(onset)).toEqual([{ type: "yield" }]);
    expect(facts(onset)).toContain("barge-in");
    const agreed = takeSpeechStep(rules, onset.state, { at: 4_200, type: "caller-started" });
    expect(doings(agreed)).toEqual([{ type: "interrupt" }]);
    expect(agreed.state).toMatchObject({ phase: "listening", reply: undefined });
  });

  it("falls silent for a caller whom only the provider hears", () => {
    const step = play([...answering, { at: 4_000, type: "caller-started" }]);
    expect(doings(step)).toEqual([{ type: "yield" }, { type: "interrupt" }]);
  });

  it("goes on after a short sound that the provider has not taken for speech", () => {
    const cough: readonly Given[] = [
      ...answering,
      { at: 4_000, type: "speech-started", since: 3_940 },
      { at: 4_300, type: "speech-ended", since: 4_160 },
    ];
    const due = 4_300 + defaultTurnTaking.backchannelWait;
    expect(play(cough).state.deadlines.decide).toBe(due);
    const step = play([...cough, { at: due, type: "tick" }]);
    expect(doings(step)).toEqual([{ type: "resume" }]);
    expect(step.effects).toContainEqual({
      type: "publish",
      fact: { type: "barge-in-decided", turn: 1, outcome: "resumed" },
    });
    expect(step.state.phase).toBe("speaking");
  });

  it("decides anew when there is a second sound before it has gone on", () => {
    const step = play([
      ...answering,
      { at: 4_000, type: "speech-started", since: 3_940 },
      { at: 4_300, type: "speech-ended", since: 4_160 },
      { at: 4_600, type: "speech-started", since: 4_540 },
    ]);
    expect(doings(step)).toEqual([]);
    expect(step.state.deadlines.decide).toBe(4_600 + defaultTurnTaking.sustainedSpeech);
  });

  it("gives way to sustained speech, and takes its turn again if the provider has heard nothing of it", () => {
    const due = 4_000 + defaultTurnTaking.sustainedSpeech;
    const gaveWay = play([
      ...answering,
      { at: 4_000, type: "speech-started", since: 3_940 },
      { at: due, type: "tick" },
    ]);
    expect(doings(gaveWay)).toEqual([{ type: "interrupt" }]);
    const over = takeSpeechStep(rules, gaveWay.state, { at: 6_000, type: "speech-ended", since: 5_860 });
    expect(over.state.deadlines.silence).toBe(7_500);
    const again = takeSpeechStep(rules, over.state, { at: 7_500, type: "tick" });
    expect(doings(again)).toEqual([{ type: "respond", turn: 2 }]);
  });

  it("is not interrupted when the profile says so", () => {
    const deaf = {
      ...rules,
      profile: agentProfile({ turnTaking: { ...defaultTurnTaking, bargeIn: false } }),
    };
    const step = play([...answering, { at: 4_000, type: "speech-started", since: 3_940 }], deaf);
    expect(doings(step)).toEqual([]);
    expect(step.state.phase).toBe("speaking");
  });

  it("drops a reply that comes for a turn that is over, and one that comes while the call is closing", () => {
    const late = play([...greeted, { at: 1_100, type: "reply-started", reply: "r9", turn: 0 }]);
    expect(doings(late)).toEqual([{ type: "drop", reply: "r9" }]);
    const closing = takeSpeechStep(
      rules,
      { ...play(greeted).state, closing: "max-duration" },
      { at: 1_100, type: "reply-started", reply: "r9" },
    );
    expect(doings(closing)).toEqual([{ type: "drop", reply: "r9" }]);
  });

  it("runs tools between two replies of one turn", () => {
    const asked = play([
      ...answering,
      { at: 4_000, type: "reply-ended", reply: "r1", outcome: "completed", tools: 1 },
    ]);
    expect(doings(asked)).toEqual([{ type: "run-tools", turn: 1 }]);
    // The caller's ear stands still while the tool runs: that is no stall.
    const waiting = takeSpeechStep(rules, asked.state, { at: 4_500, type: "heard" });
    expect(waiting.state.deadlines.playback).toBe(4_500 + 15_500);
    const answered = takeSpeechStep(rules, waiting.state, { at: 5_000, type: "tools-answered", turn: 1 });
    expect(doings(answered)).toEqual([{ type: "respond", turn: 1 }]);
    const next = takeSpeechStep(rules, answered.state, {
      at: 5_100,
      type: "reply-started",
      reply: "r2",
      turn: 1,
    });
    expect(doings(next)).toEqual([{ type: "follow", turn: 1, reply: "r2" }]);
  });

  it("does not run tools for ever when no word comes of it", () => {
    let step = play(answering.slice(0, -1));
    for (let round = 1, at = 3_500; round <= 6; round++, at += 30) {
      const reply = round === 1 ? "r1" : `r${round}`;
      if (round > 1) step = takeSpeechStep(rules, step.state, { at, type: "reply-started", reply, turn: 1 });
      const ended = { type: "reply-ended", reply, outcome: "completed", tools: 1 } as const;
      step = takeSpeechStep(rules, step.state, { at: at + 10, ...ended });
      step = takeSpeechStep(rules, step.state, { at: at + 20, type: "tools-answered", turn: 1 });
    }
    expect(doings(step)).toEqual([{ type: "respond", turn: 2, say: profile.phrases.apology }]);
  });

  it("does not count a sound over the agent as the end of a later turn of the caller", () => {
    const step = play([
      ...answering,
      { at: 4_000, type: "speech-started", since: 3_940 },
      { at: 4_300, type: "speech-ended", since: 4_160 },
      { at: 4_800, type: "tick" },
      { at: 5_000, type: "reply-ended", reply: "r1", outcome: "completed", tools: 0 },
      { at: 6_000, type: "finished", turn: 1 },
      { at: 9_000, type: "caller-started" },
      { at: 10_000, type: "caller-stopped" },
    ]);
    expect(step.effects).toContainEqual({
      type: "publish",
      fact: { type: "turn-committed", turn: 2, callerText: "", speechEndedAt: 10_000 },
    });
  });

  it("hangs up once the goodbye was heard", () => {
    const goodbye = play([
      ...answering,
      { at: 4_000, type: "reply-ended", reply: "r1", outcome: "completed", tools: 1 },
      { at: 4_010, type: "tools-answered", turn: 1, end: "agent-goodbye" },
    ]);
    expect(doings(goodbye)).toEqual([{ type: "finish", turn: 1 }]);
    // The caller's "bye" over it changes nothing.
    const spoken = takeSpeechStep(rules, goodbye.state, { at: 4_100, type: "speech-started", since: 4_040 });
    expect(doings(spoken)).toEqual([]);
    const heard = takeSpeechStep(rules, spoken.state, { at: 4_500, type: "finished", turn: 1 });
    expect(doings(heard)).toEqual([{ type: "end", reason: "agent-goodbye" }]);
  });

  it("asks for the goodbye when the model hangs up without a word", () => {
    const step = play([
      ...answering.slice(0, -1),
      { at: 4_000, type: "reply-ended", reply: "r1", outcome: "completed", tools: 1 },
      { at: 4_010, type: "tools-answered", turn: 1, end: "agent-goodbye" },
    ]);
    expect(doings(step)).toEqual([{ type: "respond", turn: 1 }]);
    expect(step.state.closing).toBe("agent-goodbye");
  });

  it("apologises once for a reply that is late, and then gives the call up", () => {
    const late = play([
      { at: 0, type: "opened" },
      { at: 5_000, type: "tick" },
    ]);
    expect(doings(late)).toEqual([
      { type: "interrupt" },
      { type: "respond", turn: 1, say: profile.phrases.apology },
    ]);
    expect(facts(late)).toEqual(["dead-air"]);
    const again = takeSpeechStep(rules, late.state, { at: 10_000, type: "tick" });
    expect(doings(again)).toEqual([{ type: "interrupt" }, { type: "end", reason: "provider-failed" }]);
  });

  it("lets what was made of a failed reply be heard before the apology", () => {
    const step = play([
      ...answering,
      { at: 4_000, type: "reply-ended", reply: "r1", outcome: "failed", tools: 0 },
    ]);
    expect(doings(step)).toEqual([
      { type: "finish", turn: 1 },
      { type: "respond", turn: 2, say: profile.phrases.apology },
    ]);
  });

  it("ends the call when the session is gone, after the words that were made", () => {
    expect(doings(play([...greeted, { at: 2_000, type: "failed" }]))).toEqual([
      { type: "end", reason: "provider-failed" },
    ]);
    const speaking = play([...greeted.slice(0, -1), { at: 500, type: "failed" }]);
    expect(doings(speaking)).toEqual([]);
    const heard = takeSpeechStep(rules, speaking.state, { at: 1_000, type: "finished", turn: 0 });
    expect(doings(heard)).toEqual([{ type: "end", reason: "provider-failed" }]);
  });

  it("asks a silent caller twice and then says goodbye", () => {
    let step = play(greeted);
    const said: (string | undefined)[] = [];
    for (let at = 21_000, turn = 1; turn <= 3; turn++, at += 21_000) {
      step = takeSpeechStep(rules, step.state, { at, type: "tick" });
      said.push(...step.effects.flatMap((effect) => (effect.type === "respond" ? [effect.say] : [])));
      for (const input of [
        { at: at + 100, type: "reply-started", reply: `p${turn}`, turn },
        { at: at + 200, type: "audible", turn },
        { at: at + 300, type: "reply-ended", reply: `p${turn}`, outcome: "completed", tools: 0 },
        { at: at + 1_000, type: "finished", turn },
      ] as const) {
        step = takeSpeechStep(rules, step.state, input);
      }
    }
    const { reprompts, silentGoodbye } = profile.phrases;
    expect(said).toEqual([...reprompts, silentGoodbye]);
    expect(doings(step)).toEqual([{ type: "end", reason: "caller-silent" }]);
  });

  it("collects keys, and answers typed words at once", () => {
    const keyed = play([...answering, { at: 4_000, type: "digit", digit: "4" }]);
    expect(doings(keyed)).toEqual([{ type: "yield" }, { type: "interrupt" }]);
    const ended = takeSpeechStep(rules, keyed.state, { at: 4_200, type: "digit", digit: "#" });
    expect(doings(ended)).toEqual([
      { type: "typed", text: "4", by: "keypad" },
      { type: "respond", turn: 2 },
    ]);
    const typed = play([...greeted, { at: 2_000, type: "typed", text: " hours? " }]);
    expect(doings(typed)).toEqual([
      { type: "typed", text: "hours?", by: "typing" },
      { type: "respond", turn: 1 },
    ]);
  });

  it("warns a minute before the longest call is over, and says goodbye at its end", () => {
    const warned = takeSpeechStep(rules, play(greeted).state, { at: 540_000, type: "tick" });
    expect(doings(warned)).toContainEqual({ type: "respond", turn: 1, say: profile.phrases.durationWarning });
    const over = play([...answering, { at: 600_000, type: "tick" }]);
    expect(doings(over)).toEqual([
      { type: "yield" },
      { type: "interrupt" },
      { type: "respond", turn: 2, say: profile.phrases.durationGoodbye },
    ]);
  });

  it("leaves a deadline after every step, whatever comes or fails to come", () => {
    const turns = fc.integer({ min: 0, max: 4 });
    const replies = fc.constantFrom("a", "b", "c");
    const outcomes = fc.constantFrom("completed", "cancelled", "incomplete", "failed");
    const likely = fc.oneof(
      fc.record({ type: fc.constantFrom("speech-started", "speech-ended"), since: fc.constant(0) }),
      fc.record({ type: fc.constantFrom("caller-started", "caller-stopped", "heard") }),
      fc.record({ type: fc.constant("typed"), text: fc.constant("words") }),
      fc.record({ type: fc.constant("digit"), digit: fc.constantFrom("1", "#") }),
      fc.record({ type: fc.constant("reply-started"), reply: replies }),
      fc.record({ type: fc.constant("reply-started"), reply: replies, turn: turns }),
      fc.record({ type: fc.constantFrom("audible", "finished", "refused", "tools-answered"), turn: turns }),
      fc.record({
        type: fc.constant("reply-ended"),
        reply: replies,
        outcome: outcomes,
        tools: fc.integer({ min: 0, max: 1 }),
      }),
    );
    const last = fc.oneof(
      fc.record({ type: fc.constant("tools-answered"), turn: turns, end: fc.constant("agent-goodbye") }),
      fc.record({ type: fc.constant("failed") }),
    );
    const input = fc.oneof({ weight: 30, arbitrary: likely }, { weight: 1, arbitrary: last });
    const armed = {
      listening: "silence",
      thinking: "reply",
      speaking: "playback",
      yielded: "decide",
    } as const;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9_000 }), input), { maxLength: 60 }),
        (sequence) => {
          let { state } = play([{ at: 0, type: "opened" }]);
          let at = 0;
          for (const [after, given] of sequence) {
            // Time never passes a deadline without a tick.
            const wake = Math.min(...Object.values(state.deadlines));
            at = Math.min(at + after, wake);
            if (at === wake) state = takeSpeechStep(rules, state, { at, type: "tick" }).state;
            state = takeSpeechStep(rules, state, { ...given, at } as SpeechInput).state;
            if (state.phase === "ended") return;
            expect(Object.keys(state.deadlines)).toContain(armed[state.phase as keyof typeof armed]);
            expect(Math.min(...Object.values(state.deadlines)) - at).toBeLessThanOrEqual(20_000);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

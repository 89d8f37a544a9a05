import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentProfile } from "../../../src/calls/agent-profile.ts";
import { takeTurn } from "../../../src/pipeline/turn-core.ts";
import type { TurnEffect } from "../../../src/pipeline/turn-input.ts";
import type { Happening } from "../../../src/pipeline/turn-manager.ts";
import { initialTurnState, nextDeadline } from "../../../src/pipeline/turn-state.ts";

const turn = fc.integer({ min: 0, max: 5 });
const text = fc.constantFrom("", "yes", "no wait", "what are your hours");
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.constant<Happening>({ type: "speech-started", since: 0 }),
  fc.constant<Happening>({ type: "speech-ended", since: 0 }),
  text.map((text): Happening => ({ type: "interim", text, confidence: 0.5 })),
  text.map((text): Happening => ({ type: "final", text, confidence: 0.5 })),
  fc.constant<Happening>({ type: "endpoint" }),
  text.map((text): Happening => ({ type: "typed", text })),
  fc.constantFrom("1", "#").map((digit): Happening => ({ type: "digit", digit })),
  turn.map((turn): Happening => ({ type: "started", turn })),
  turn.map((turn): Happening => ({ type: "heard", turn })),
  turn.map((turn): Happening => ({ type: "finished", turn })),
  fc.record({ turn, spoke: fc.boolean() }).map((reply): Happening => ({ type: "replied", ...reply })),
  fc.record({ turn, spoke: fc.boolean() }).map((reply): Happening => ({ type: "reply-failed", ...reply })),
  fc.constant<Happening>({ type: "tick" }),
);
const story = fc.array(fc.record({ after: fc.integer({ min: 0, max: 9000 }), happening }), { maxLength: 60 });
const endpoints = fc.boolean();

/** Plays a story after the opening and shows every step. */
function play(
  recogniserEndpoints: boolean,
  events: readonly { after: number; happening: Happening }[],
  look: (step: {
    at: number;
    happening: Happening;
    before: typeof initialTurnState;
    after: typeof initialTurnState;
    effects: readonly TurnEffect[];
  }) => void,
): void {
  const rules = { profile: agentProfile(), recogniserEndpoints };
  let { state } = takeTurn(rules, initialTurnState, { type: "opened", at: 0 });
  let at = 0;
  for (const { after, happening } of events) {
    at += after;
    const step = takeTurn(rules, state, { ...happening, at } as never);
    look({ at, happening, before: state, after: step.state, effects: step.effects });
    state = step.state;
  }
}

describe("whatever happens in whatever order", () => {
  it("a deadline is armed until the call has ended", () => {
    fc.assert(
      fc.property(endpoints, story, (recogniser, events) => {
        play(recogniser, events, ({ after }) => {
          if (after.phase !== "ended") expect(nextDeadline(after.deadlines)).toBeDefined();
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("the move has its own deadline: the caller's silence, the model's reply, the caller's ear", () => {
    const owed = { listening: "silence", thinking: "reply", speaking: "playback" } as const;
    fc.assert(
      fc.property(endpoints, story, (recogniser, events) => {
        play(recogniser, events, ({ after }) => {
          if (after.phase === "waiting" || after.phase === "ended") return;
          expect(after.deadlines[owed[after.phase]]).toBeDefined();
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("turns are numbered one by one and the model is asked only for the newest", () => {
    fc.assert(
      fc.property(endpoints, story, (recogniser, events) => {
        play(recogniser, events, ({ before, after, effects }) => {
          const begun = effects.filter((effect) => effect.type === "reply" || effect.type === "say");
          expect(after.turn - before.turn).toBe(begun.length);
          for (const effect of begun) expect(effect.turn).toBeLessThanOrEqual(after.turn);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("the same story gives the same steps", () => {
    fc.assert(
      fc.property(endpoints, story, (recogniser, events) => {
        const tell = (): string => {
          const told: unknown[] = [];
          play(recogniser, events, ({ after, effects }) => told.push(after, effects));
          return JSON.stringify(told);
        };
        expect(tell()).toBe(tell());
      }),
      { numRuns: 200 },
    );
  });

  it("nobody is woken at a time that has passed for ever: a tick at the deadline moves it on", () => {
    fc.assert(
      fc.property(endpoints, story, (recogniser, events) => {
        const rules = { profile: agentProfile(), recogniserEndpoints: recogniser };
        let state = initialTurnState;
        let last = 0;
        play(recogniser, events, ({ at, after }) => {
          state = after;
          last = at;
        });
        for (let wakes = 0; wakes < 50 && state.phase !== "ended"; wakes++) {
          const due = nextDeadline(state.deadlines);
          if (due === undefined) return;
          last = Math.max(last, due);
          state = takeTurn(rules, state, { type: "tick", at: last }).state;
          const next = nextDeadline(state.deadlines);
          if (next !== undefined && next <= last) {
            // At most once more at the same moment, for a deadline that another one has just set to now.
            state = takeTurn(rules, state, { type: "tick", at: last }).state;
            expect(nextDeadline(state.deadlines) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(last);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

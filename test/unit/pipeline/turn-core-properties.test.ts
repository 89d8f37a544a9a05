import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentProfile } from "../../../src/calls/agent-profile.ts";
import { takeTurn } from "../../../src/pipeline/turn-core.ts";
import type { TurnEffect } from "../../../src/pipeline/turn-input.ts";
import type { Happening } from "../../../src/pipeline/turn-manager.ts";
import {
  initialTurnState,
  nextDeadline,
  type TurnRules,
  type TurnState,
} from "../../../src/pipeline/turn-state.ts";

const profile = agentProfile();
const turn = fc.integer({ min: 0, max: 5 });
const text = fc.constantFrom("", "yes", "mm-hm", "no wait", "what are your hours?", "I need a");
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc
    .boolean()
    .map((isProtected): Happening => ({ type: "speech-started", since: 0, protected: isProtected })),
  fc.constant<Happening>({ type: "speech-ended", since: 0 }),
  text.map((text): Happening => ({ type: "interim", text, confidence: 0.5 })),
  text.map((text): Happening => ({ type: "final", text, confidence: 0.5 })),
  fc
    .record({ text, saidUntil: fc.nat(100_000) })
    .map((heard): Happening => ({ type: "final", confidence: 0.5, ...heard })),
  fc.boolean().map((lost): Happening => ({ type: "hearing", lost })),
  fc.constantFrom<Happening>({ type: "endpoint", by: "turn" }, { type: "endpoint", by: "silence" }),
  text.map((text): Happening => ({ type: "eager-endpoint", text })),
  fc.constant<Happening>({ type: "resumed" }),
  text.map((text): Happening => ({ type: "typed", text })),
  fc.constantFrom("1", "#").map((digit): Happening => ({ type: "digit", digit })),
  turn.map((turn): Happening => ({ type: "started", turn })),
  turn.map((turn): Happening => ({ type: "heard", turn })),
  turn.map((turn): Happening => ({ type: "finished", turn })),
  fc.record({ turn, spoke: fc.boolean() }).map((reply): Happening => ({ type: "replied", ...reply })),
  fc.record({ turn, spoke: fc.boolean() }).map((reply): Happening => ({ type: "reply-failed", ...reply })),
  fc.record({ turn, until: fc.nat(20_000) }).map((working): Happening => ({ type: "working", ...working })),
  fc.constant<Happening>({ type: "deaf" }),
  fc.record({ turn, ok: fc.boolean() }).map((over): Happening => ({ type: "transferred", ...over })),
  fc.boolean().map((on): Happening => ({ type: "collecting", on })),
  fc.constant<Happening>({ type: "tick" }),
);
const story = fc.array(fc.record({ after: fc.integer({ min: 0, max: 9000 }), happening }), { maxLength: 60 });
const rulesFor: fc.Arbitrary<TurnRules> = fc.record({
  profile: fc.constant(profile),
  recogniserEndpoints: fc.constantFrom<TurnRules["recogniserEndpoints"]>("turn", "silence", "none"),
  recogniserPunctuates: fc.constant(false),
  canTransfer: fc.boolean(),
});

/** Plays a story after the opening and shows every step. */
function play(
  rules: TurnRules,
  events: readonly { after: number; happening: Happening }[],
  look: (step: {
    at: number;
    happening: Happening;
    before: TurnState;
    after: TurnState;
    effects: readonly TurnEffect[];
  }) => void,
): void {
  let { state } = takeTurn(rules, initialTurnState(rules), { type: "opened", at: 0 });
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
      fc.property(rulesFor, story, (rules, events) => {
        play(rules, events, ({ after }) => {
          if (after.phase !== "ended") expect(nextDeadline(after.deadlines)).toBeDefined();
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("the move has its own deadline: the caller's silence, the model's reply, the caller's ear", () => {
    const owed = {
      listening: ["silence"],
      thinking: ["reply"],
      speaking: ["playback"],
      yielding: ["sustained", "resume"],
    } as const;
    fc.assert(
      fc.property(rulesFor, story, (rules, events) => {
        play(rules, events, ({ after }) => {
          if (after.phase === "waiting" || after.phase === "ended") return;
          const armed = owed[after.phase].filter((name) => after.deadlines[name] !== undefined);
          expect(armed).not.toEqual([]);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("no turn number is used twice, and what is begun has a number of its own", () => {
    fc.assert(
      fc.property(rulesFor, story, (rules, events) => {
        const begun: number[] = [];
        play(rules, events, ({ effects }) => {
          for (const effect of effects) {
            if (
              effect.type === "reply" ||
              effect.type === "say" ||
              effect.type === "guess" ||
              effect.type === "transfer"
            )
              begun.push(effect.turn);
          }
        });
        expect(new Set(begun).size).toBe(begun.length);
        expect(begun.every((turn) => turn > 0)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("at most one guess is alive, only while the caller has the word, and each is accepted or discarded once", () => {
    fc.assert(
      fc.property(rulesFor, story, (rules, events) => {
        let alive: number | undefined;
        play(rules, events, ({ after, effects }) => {
          for (const effect of effects) {
            if (effect.type === "guess") {
              expect(alive).toBeUndefined();
              alive = effect.turn;
            } else if (effect.type === "accept" || effect.type === "discard") {
              expect(effect.turn).toBe(alive);
              alive = undefined;
            }
          }
          expect(after.guess?.turn).toBe(alive);
          if (alive !== undefined) expect(after.phase).toBe("listening");
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("a barge-in is decided exactly once, and what is held is resumed or cancelled", () => {
    fc.assert(
      fc.property(rulesFor, story, (rules, events) => {
        let held = false;
        play(rules, events, ({ after, effects }) => {
          for (const { type } of effects) {
            if (type === "hold") {
              expect(held).toBe(false);
              held = true;
            } else if (type === "resume" || type === "cancel") held = false;
          }
          expect(after.phase === "yielding").toBe(held);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("no turn of the model begins while another one is under way", () => {
    fc.assert(
      fc.property(rulesFor, story, (rules, events) => {
        play(rules, events, ({ before, effects }) => {
          const under =
            before.phase === "thinking" || before.phase === "speaking" || before.phase === "yielding";
          const kinds = effects.map(({ type }) => type);
          const begins = kinds.findIndex((type) => type === "reply" || type === "accept");
          if (under && begins >= 0 && before.replying) expect(kinds.slice(0, begins)).toContain("cancel");
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("the same story gives the same steps", () => {
    fc.assert(
      fc.property(rulesFor, story, (rules, events) => {
        const tell = (): string => {
          const told: unknown[] = [];
          play(rules, events, ({ after, effects }) => told.push(after, effects));
          return JSON.stringify(told);
        };
        expect(tell()).toBe(tell());
      }),
      { numRuns: 2000 },
    );
  });

  it("nobody is woken at a time that has passed for ever: a tick at the deadline moves it on", () => {
    fc.assert(
      fc.property(rulesFor, story, (rules, events) => {
        let state = initialTurnState(rules);
        let last = 0;
        play(rules, events, ({ at, after }) => {
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
      { numRuns: 2000 },
    );
  });
});

import { isBackchannel } from "../src/pipeline/turn-text.ts";
import type { RehearsalStep } from "./rehearsed-call.ts";
import { pick, seededRandom } from "./seeded-random.ts";
import { type SpeechFixture, speechFixtures } from "./speech-fixture.ts";

/** Of the agent's reply, in ms: the caller comes in somewhere between. */
const EARLIEST = 400;
const LATEST = 3_600;
/** An agent that is silent for so long will not be interrupted any more, in ms. */
const PATIENCE = 8_000;

/** Each begins with other vowels, by which the stand-in's voice can be told apart within four letters. */
const COLOURS = "Amber Olive Indigo Umber Ebony Scarlet Magenta Turquoise".split(" ");

/** Longer than anybody listens, and without a comma, a number or a mark that a voice would read otherwise. */
const LONG =
  "the shop is open every day of the week and somebody will be glad to show you around the rooms " +
  "whenever you have the time to come and see what there is to find on all of our seven floors " +
  "with the garden behind the house where tea is served in the afternoon until it gets dark.";

/** The answer to the caller's n-th turn (from 1), about twenty seconds of it. */
export function longReply(turn: number): string {
  return `${COLOURS[(turn - 1) % COLOURS.length]} it is, ${LONG}`;
}

/** Speech that is not a mere sign of attention: clean, and under the conditions of real lines. */
export function interruptingFixtures(): readonly SpeechFixture[] {
  return speechFixtures("utterance", "condition").filter(({ text }) => !isBackchannel(text));
}

/**
 * Calls in which the caller asks, and then interrupts each reply at a random place with something random.
 * The same in every run with the same seed.
 */
export function interruptingScripts(calls: number, each: number, seed: number): readonly RehearsalStep[][] {
  const random = seededRandom(seed);
  const fixtures = interruptingFixtures();
  const clean = fixtures.filter(({ kind, text }) => kind === "utterance" && text.split(" ").length > 2);
  return Array.from({ length: calls }, () => {
    const question = pick(clean, random);
    const steps: RehearsalStep[] = [{ say: saying(question), cue: { when: "agent-finished" } }];
    for (let i = 0; i < each; i++) {
      const heard = Math.round(EARLIEST + random() * (LATEST - EARLIEST));
      steps.push({ say: saying(pick(fixtures, random)), cue: { when: "heard", heard, patience: PATIENCE } });
    }
    return [...steps, { cue: { when: "after", wait: 1_500 } }];
  });
}

export function saying(fixture: SpeechFixture): NonNullable<RehearsalStep["say"]> {
  return { ...fixture, texts: fixture.stretches.length === 0 ? [] : [fixture.text] };
}

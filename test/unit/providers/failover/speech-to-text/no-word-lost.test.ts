import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SILENCE } from "../../../../../src/audio/audio-format.ts";
import { failoverSpeechToText } from "../../../../../src/providers/failover/speech-to-text/failover-speech-to-text.ts";
import { CircuitBreakers } from "../../../../../src/runtime/circuit-breakers.ts";
import { ManualClock } from "../../../../../src/runtime/manual-clock.ts";
import { ByteEar, soundOf, textOf } from "../../../../support/byte-ear.ts";

/** What the caller says, and what happens to whom, each so many ms after the last. */
const word = fc.record({ sound: fc.integer({ min: 5, max: 20 }), pause: fc.integer({ min: 1, max: 60 }) });
const fault = fc.record({
  after: fc.integer({ min: 0, max: 3_000 }),
  whom: fc.nat(1),
  code: fc.constantFrom("PROVIDER_REFUSED" as const, "PROVIDER_UNAVAILABLE" as const),
  refusals: fc.nat(2),
});
const finalizes = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 5 });

/** Plays it and answers the final words in order, and the words that were said. */
function play(
  timed: boolean,
  delay: number,
  words: readonly { readonly sound: number; readonly pause: number }[],
  faults: readonly (typeof fault extends fc.Arbitrary<infer Fault> ? Fault : never)[],
  asked: readonly number[],
) {
  const clock = new ManualClock();
  const ears = ["a", "b"].map((name) => new ByteEar(name, { clock, delay, timed }));
  const heard: string[] = [];
  let interim = "";
  const stream = failoverSpeechToText(ears, {
    clock,
    onFailure: () => {},
    breakers: new CircuitBreakers(clock),
    random: () => 0.5,
  }).open({ language: "en-US" }, (event) => {
    if (event.type === "interim") interim = event.text;
    if (event.type !== "final") return;
    interim = "";
    heard.push(...event.text.split(" ").filter((text) => text !== ""));
  });
  let at = 0;
  for (const { after, whom, code, refusals } of faults) {
    at += after;
    clock.after(at, () => {
      (ears[1 - whom] as ByteEar).refusals = refusals;
      ears[whom]?.fail(code);
    });
  }
  for (const time of asked) clock.after(time, () => stream.finalize());
  const speak = (mulaw: Uint8Array): void => {
    for (let from = 0; from < mulaw.length; from += 160) {
      stream.push(mulaw.subarray(from, from + 160));
      clock.advanceTo(clock.now() + 20);
    }
  };
  for (const [index, { sound, pause }] of words.entries()) {
    speak(soundOf(index + 1, sound * 20));
    speak(new Uint8Array(pause * 160).fill(SILENCE));
  }
  speak(new Uint8Array(160 * 600).fill(SILENCE));
  void stream.close();
  return { heard, interim, said: words.map((_, index) => textOf(index + 1)), clock };
}

describe("a stream whose recognisers come and go", () => {
  it.each([
    ["say what their finals cover", true, 700],
    ["do not say it", false, 500],
  ])("gives every word once, in order, when they %s", (_, timed, longest) => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 12 }),
        fc.array(fault, { maxLength: 5 }),
        finalizes,
        fc.integer({ min: 0, max: longest }),
        (words, faults, asked, delay) => {
          const { heard, interim, said, clock } = play(timed, delay, words, faults, asked);
          expect(heard).toEqual(said);
          expect(interim).toBe("");
          clock.advanceTo(clock.now() + 60_000);
          expect(clock.armed).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});

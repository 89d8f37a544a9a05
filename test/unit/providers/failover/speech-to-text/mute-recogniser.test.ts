import { describe, expect, it } from "vitest";
import { SILENCE } from "../../../../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../../../../src/audio/mulaw.ts";
import type { TranscriptEvent, TranscriptionStream } from "../../../../../src/pipeline/speech-to-text.ts";
import { failoverSpeechToText } from "../../../../../src/providers/failover/speech-to-text/failover-speech-to-text.ts";
import { CircuitBreakers } from "../../../../../src/runtime/circuit-breakers.ts";
import { ManualClock } from "../../../../../src/runtime/manual-clock.ts";
import { ConnectingRecogniser } from "../../../../support/connecting-recogniser.ts";
import { voice } from "../../../audio/signals.ts";

const FRAME = 160;
const SECOND = encodeMulaw(voice(1_000, -20));
const quiet = (ms: number): Uint8Array => new Uint8Array(ms * 8).fill(SILENCE);

/** Callers of one process, with these recognisers in failover order. */
function callersOf(...names: string[]) {
  const clock = new ManualClock();
  const recognisers = names.map((name) => new ConnectingRecogniser(name, clock));
  const breakers = new CircuitBreakers(clock);
  const list = failoverSpeechToText(recognisers, { clock, onFailure: () => {}, breakers, random: () => 0.5 });
  return {
    clock,
    recognisers,
    trip: (name: string) => {
      for (let failures = 0; failures < 5; failures++) breakers.tell(name, "failed");
    },
    stateOf: (name: string) => breakers.reports.find((report) => report.name === name)?.state,
    open: () => caller(clock, (tell) => list.open({ language: "en-US" }, tell)),
  };
}

/** A call of which the recogniser's side is seen, and when it was said to be over. */
function caller(clock: ManualClock, open: (tell: (event: TranscriptEvent) => void) => TranscriptionStream) {
  const finals: string[] = [];
  let overAt: number | undefined;
  const stream = open((event) => {
    if (event.type === "final") finals.push(event.text);
    if (event.type === "failed" && !event.error.retryable) overAt ??= clock.now();
  });
  return {
    finals,
    overAt: () => overAt,
    hangsUp: () => stream.close(),
    /** As over the telephone: 20 ms of it every 20 ms. */
    says(audio: Uint8Array): void {
      for (let at = 0; at < audio.length; at += FRAME) {
        stream.push(audio.subarray(at, at + FRAME));
        clock.advanceTo(clock.now() + 20);
      }
    },
  };
}

function mute(...recognisers: readonly (ConnectingRecogniser | undefined)[]): void {
  for (const recogniser of recognisers) if (recogniser !== undefined) recogniser.hears = "nothing";
}

describe("a recogniser that connects and stays mute", () => {
  it("is on trial when it is the only one, too: it rests again when it fails, and is back with words", async () => {
    const { clock, open, recognisers, stateOf, trip } = callersOf("a");
    mute(recognisers[0]);
    trip("a");
    clock.advanceTo(5_000);
    expect(stateOf("a")).toBe("half-open");
    const deaf = open();
    deaf.says(SECOND);
    deaf.says(quiet(2_000));
    expect(stateOf("a")).toBe("open");
    await deaf.hangsUp();
    for (const one of recognisers) one.hears = "words";
    clock.advanceTo(clock.now() + 10_000);
    const heard = open();
    heard.says(SECOND);
    heard.says(quiet(1_000));
    expect(stateOf("a")).toBe("closed");
    await heard.hangsUp();
  });

  it("is not asked any more after five callers, however many silent ones it is connected to", async () => {
    const { open, recognisers, stateOf } = callersOf("a", "b");
    const [a, b] = recognisers;
    mute(a);
    const silent = [];
    for (let count = 1; count <= 5; count++) {
      silent.push(open(), open());
      const speaking = open();
      speaking.says(quiet(100));
      expect(stateOf("a")).toBe("closed");
      speaking.says(SECOND);
      speaking.says(quiet(1_900));
      expect(speaking.finals).toEqual(["yes"]);
      await speaking.hangsUp();
    }
    expect(stateOf("a")).toBe("open");
    const opened = [a?.opened, b?.opened];
    const sixth = open();
    sixth.says(SECOND);
    expect(sixth.finals.length).toBeGreaterThan(0);
    expect([a?.opened, b?.opened]).toEqual([opened[0], (opened[1] ?? 0) + 1]);
    for (const one of [...silent, sixth]) await one.hangsUp();
  });

  it("is not taken back because it connects: a vain attempt doubles the rest", async () => {
    const { clock, open, recognisers, stateOf, trip } = callersOf("a", "b");
    const [a] = recognisers;
    mute(a);
    trip("a");
    clock.advanceTo(5_000);
    const attempt = open();
    attempt.says(quiet(500));
    expect([a?.opened, stateOf("a")]).toEqual([1, "half-open"]);
    const other = open();
    other.says(SECOND);
    expect([a?.opened, other.finals.length > 0]).toEqual([1, true]);
    attempt.says(SECOND);
    attempt.says(quiet(1_500));
    expect([attempt.finals, stateOf("a")]).toEqual([["yes"], "open"]);
    clock.advanceTo(clock.now() + 9_000);
    expect(stateOf("a")).toBe("open");
    clock.advanceTo(clock.now() + 1_000);
    expect(stateOf("a")).toBe("half-open");
    for (const one of [attempt, other]) await one.hangsUp();
  });

  it("is tried by another caller after 10 s when the one who tried it says nothing; words bring it back", async () => {
    const { clock, open, recognisers, stateOf, trip } = callersOf("a", "b");
    const [a] = recognisers;
    trip("a");
    clock.advanceTo(5_000);
    const silent = open();
    silent.says(quiet(9_900));
    const early = open();
    expect([a?.opened, stateOf("a")]).toEqual([1, "half-open"]);
    silent.says(quiet(100));
    const second = open();
    expect(a?.opened).toBe(2);
    second.says(quiet(500));
    expect(stateOf("a")).toBe("half-open");
    second.says(SECOND);
    expect(stateOf("a")).toBe("closed");
    for (const one of [silent, early, second]) await one.hangsUp();
  });

  it.each([1, 2, 3])(
    "in all of a list of %i: after 15 s, and a last deadline, the stream is over",
    async (length) => {
      const { clock, open, recognisers } = callersOf(...["a", "b", "c"].slice(0, length));
      mute(...recognisers);
      const { says, overAt, hangsUp } = open();
      says(quiet(5_000));
      says(SECOND);
      says(quiet(25_000));
      const lostAt = 5_000 + 2_000; // the first deadline
      expect(overAt()).toBeGreaterThanOrEqual(lostAt + 15_000);
      expect(overAt()).toBeLessThanOrEqual(lostAt + 15_000 + 2_500);
      await hangsUp();
      expect(clock.armed).toBe(0);
    },
  );

  it("that breaks each connection before its deadline comes to the same", async () => {
    const { clock, open, recognisers } = callersOf("a");
    mute(...recognisers);
    const { says, overAt, hangsUp } = open();
    says(quiet(1_000));
    says(SECOND);
    for (let count = 0; count < 20; count++) {
      recognisers[0]?.drop();
      says(quiet(1_000));
    }
    expect(overAt()).toBeGreaterThanOrEqual(2_000 + 15_000);
    expect(overAt()).toBeLessThanOrEqual(2_000 + 16_000);
    await hangsUp();
    expect(clock.armed).toBe(0);
  });
});

describe("a recogniser that hears", () => {
  it("is not given up for a caller who says nothing, however often its connection breaks", async () => {
    const { clock, open, recognisers, stateOf } = callersOf("a");
    const { says, overAt, finals, hangsUp } = open();
    for (let count = 0; count < 30; count++) {
      says(quiet(8_000));
      recognisers[0]?.drop();
    }
    says(quiet(1_000));
    expect(overAt()).toBeUndefined();
    says(SECOND);
    expect([finals.length > 0, stateOf("a")]).toEqual([true, "closed"]);
    await hangsUp();
    expect(clock.armed).toBe(0);
  });

  it("is not given up for a caller on a noisy line, whose sound has no words", async () => {
    const { clock, open, recognisers } = callersOf("a");
    const [a] = recognisers;
    if (a !== undefined) a.hears = "noise";
    const { says, overAt, hangsUp } = open();
    for (let count = 0; count < 5; count++) {
      says(SECOND);
      says(quiet(30_000));
      a?.drop();
      says(quiet(500));
    }
    expect(overAt()).toBeUndefined();
    await hangsUp();
    expect(clock.armed).toBe(0);
  });

  it("has its time begin anew with every word", async () => {
    const { open, recognisers } = callersOf("a");
    const { says, overAt, finals, hangsUp } = open();
    for (let count = 0; count < 10; count++) {
      says(SECOND);
      recognisers[0]?.drop();
      says(quiet(4_000));
    }
    expect([overAt(), finals.length >= 10]).toEqual([undefined, true]);
    await hangsUp();
  });
});

import { describe, expect, it } from "vitest";
import { BYTES_PER_MS, durationOf } from "../../../src/audio/audio-format.ts";
import type { CallFact } from "../../../src/calls/call-event.ts";
import type { HeardTurn, Playback } from "../../../src/pipeline/playback.ts";
import { SpokenVoice } from "../../../src/pipeline/speech-to-speech-voice.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

/** Writes down what it is given; what was heard is told by the test. */
class ScriptedPlayback implements Playback {
  readonly given: string[] = [];
  heardAtClear: HeardTurn[] = [];
  readonly pending = 0;

  play(turn: number, mulaw: Uint8Array): void {
    this.given.push(`play ${turn} ${durationOf(mulaw.length)}`);
  }

  playFinished(turn: number): void {
    this.given.push(`finished ${turn}`);
  }

  clear(): readonly HeardTurn[] {
    this.given.push("clear");
    return this.heardAtClear;
  }

  conceal(): void {}

  heard(turn: number): number {
    return this.heardAtClear.find((heard) => heard.turn === turn)?.heard ?? 0;
  }
}

function voice() {
  const facts: CallFact[] = [];
  const playback = new ScriptedPlayback();
  const spoken = new SpokenVoice({
    clock: new ManualClock(),
    provider: "test",
    publish: (fact) => facts.push(fact),
  });
  spoken.playTo(playback);
  return { spoken, playback, facts };
}

const second = new Uint8Array(1_000 * BYTES_PER_MS);

describe("the voice of a model that speaks itself", () => {
  it("plays what comes, and tells the stages once", () => {
    const { spoken, playback, facts } = voice();
    spoken.words(1, "a", "hello ");
    expect(spoken.sound(1, "a", second)).toBe(true);
    expect(spoken.sound(1, "a", second)).toBe(false);
    spoken.finish(1);
    spoken.started(1);
    spoken.heard({ turn: 1, heard: 200 });
    spoken.finished(1);
    expect(playback.given).toEqual(["play 1 1000", "play 1 1000", "finished 1"]);
    const stages = facts.flatMap((fact) => (fact.type === "stage-reached" ? [fact.stage] : []));
    expect(stages).toEqual(["llm-first-token", "tts-first-byte", "first-audio-sent", "first-audio-heard"]);
    expect(facts.at(-1)).toMatchObject({
      type: "agent-heard",
      text: "hello",
      final: true,
      interrupted: false,
    });
  });

  it("keeps what comes while it holds, and goes on with it from the place where it was stopped", () => {
    const { spoken, playback } = voice();
    spoken.sound(1, "a", second);
    spoken.started(1);
    playback.heardAtClear = [{ turn: 1, heard: 400 }];
    spoken.hold();
    spoken.hold();
    spoken.sound(1, "a", second);
    spoken.finish(1);
    spoken.resume();
    expect(playback.given).toEqual(["play 1 1000", "clear", "play 1 600", "play 1 1000", "finished 1"]);
  });

  it("tells what was heard when it is cut off, and clears the caller's ear once", () => {
    const { spoken, playback, facts } = voice();
    spoken.words(1, "a", "one two three four ");
    spoken.sound(1, "a", second);
    spoken.itemDone(1, "a");
    spoken.started(1);
    playback.heardAtClear = [{ turn: 1, heard: 400 }];
    spoken.hold();
    expect(spoken.cut()).toEqual([{ item: "a", heard: 400 }]);
    expect(facts.at(-1)).toMatchObject({ text: "one two", final: true, interrupted: true });
    expect(playback.given.filter((given) => given === "clear")).toHaveLength(1);
    // Nothing is left: marks of it that come late say nothing.
    spoken.heard({ turn: 1, heard: 900 });
    expect(facts.at(-1)).toMatchObject({ text: "one two" });
    expect(spoken.cut()).toEqual([]);
  });

  it("tells at the end of the call what was heard by then", () => {
    const { spoken, playback, facts } = voice();
    spoken.words(1, "a", "one two three four ");
    spoken.sound(1, "a", second);
    spoken.itemDone(1, "a");
    spoken.started(1);
    playback.heardAtClear = [{ turn: 1, heard: 700 }];
    spoken.close();
    expect(facts.at(-1)).toMatchObject({ text: "one two three", final: true, interrupted: true });
  });
});

import { describe, expect, it } from "vitest";
import { BYTES_PER_MS } from "../../../src/audio/audio-format.ts";
import { SpokenTurn } from "../../../src/pipeline/speech-to-speech-turn.ts";

const PACE = 65;

function sound(ms: number, value = 1): Uint8Array {
  return new Uint8Array(ms * BYTES_PER_MS).fill(value);
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0) / BYTES_PER_MS;
}

describe("a turn of a model that speaks itself", () => {
  it("tells the words heard, by their share of a finished item's sound", () => {
    const turn = new SpokenTurn(1);
    turn.worded("a", "one two three four five ");
    turn.sounded("a", sound(2_400));
    expect(turn.made("a")).toBe(100);
    turn.heardUpTo(1_000); // the tenth character: "one two th"
    expect(turn.heardText(PACE)).toBe("one two");
    turn.heardUpTo(1_200);
    expect(turn.heardText(PACE)).toBe("one two three");
    turn.heardWhole();
    expect(turn.heardText(PACE)).toBe("one two three four five");
  });

  it("goes by the voice's pace while an item is still being made, when words run ahead of their sound", () => {
    const turn = new SpokenTurn(1);
    turn.worded("a", "one two three four five");
    turn.sounded("a", sound(400));
    turn.heardUpTo(400);
    expect(turn.heardText(50)).toBe("one two");
  });

  it("tells how much was heard of each item that is cut off", () => {
    const turn = new SpokenTurn(1);
    for (const [item, ms] of [
      ["a", 1_000],
      ["b", 500],
      ["c", 500],
    ] as const) {
      turn.sounded(item, sound(ms));
      turn.made(item);
    }
    turn.heardUpTo(1_200);
    expect(turn.cutOff()).toEqual([
      { item: "b", heard: 200 },
      { item: "c", heard: 0 },
    ]);
    expect(turn.interrupted).toBe(true);
  });

  it("cuts an unfinished item off even if all that has come of it was heard", () => {
    const turn = new SpokenTurn(1);
    turn.sounded("a", sound(500));
    turn.heardUpTo(500);
    expect(turn.cutOff()).toEqual([{ item: "a", heard: 500 }]);
  });

  it("goes on from where the caller stopped hearing, and counts on from there", () => {
    const turn = new SpokenTurn(1);
    turn.sounded("a", sound(300, 1));
    turn.sounded("a", sound(300, 2));
    turn.sounded("a", sound(300, 3));
    turn.heardUpTo(450);
    const rest = turn.resumed();
    expect(lengthOf(rest)).toBe(450);
    expect([rest[0]?.[0], rest[1]?.[0]]).toEqual([2, 3]);
    turn.heardUpTo(200);
    expect(lengthOf(turn.resumed())).toBe(250);
    expect(turn.audio).toBe(900);
  });

  it("knows each stage once", () => {
    const turn = new SpokenTurn(1);
    expect([turn.reaches("first-audio-sent"), turn.reaches("first-audio-sent")]).toEqual([true, false]);
  });
});

import { describe, expect, it } from "vitest";
import { SINGLES_AFTER_SPEECH, UplinkBatcher } from "../../../../src/providers/deepgram/uplink-batcher.ts";

const FRAME = 160;

/** For each frame (true: loud), how many ms it waits until it is sent; undefined: still held. */
function waits(batch: number, frames: readonly boolean[]): (number | undefined)[] {
  const batcher = new UplinkBatcher(batch);
  const waited: (number | undefined)[] = [];
  let oldest = 0;
  frames.forEach((loud, index) => {
    if (!batcher.push(FRAME, loud)) return;
    for (; oldest <= index; oldest++) waited[oldest] = (index - oldest) * 20;
  });
  return waited;
}

function frames(...runs: readonly (readonly [loud: boolean, ms: number])[]): boolean[] {
  return runs.flatMap(([loud, ms]) => Array<boolean>(ms / 20).fill(loud));
}

describe("UplinkBatcher", () => {
  const talk = frames(
    [false, 2000],
    [true, 730 + 10],
    [false, 60],
    [true, 400],
    [false, SINGLES_AFTER_SPEECH + 600],
    [true, 100],
    [false, 20],
    [true, 240],
    [false, 500],
  );

  it("never lets a quiet frame after speech wait", () => {
    const waited = waits(100, talk);
    talk.forEach((loud, index) => {
      const since = talk.slice(0, index).lastIndexOf(true);
      const quietFor = (index - since - 1) * 20;
      if (!loud && since >= 0 && quietFor < SINGLES_AFTER_SPEECH) expect(waited[index]).toBe(0);
    });
  });

  it("never lets the first loud frame wait", () => {
    const waited = waits(100, talk);
    talk.forEach((loud, index) => {
      if (loud && talk[index - 1] === false) expect(waited[index]).toBe(0);
    });
  });

  it("lets no speech wait longer than the batch, and no silence longer than two", () => {
    waits(100, talk).forEach((waited, index) => {
      expect(waited ?? 0).toBeLessThan(talk[index] ? 100 : 200);
    });
  });

  it("joins five frames within speech and ten in long silence", () => {
    const speech = waits(100, frames([true, 620]));
    expect(speech.slice(1, 11)).toEqual([80, 60, 40, 20, 0, 80, 60, 40, 20, 0]);
    const quiet = waits(100, frames([false, 200]));
    expect(quiet).toEqual([180, 160, 140, 120, 100, 80, 60, 40, 20, 0]);
  });

  it("joins frames again as soon as the pause needs no measuring", () => {
    const batcher = new UplinkBatcher(60);
    batcher.push(FRAME, true);
    expect([batcher.push(FRAME, false), batcher.push(FRAME, false)]).toEqual([true, true]);
    batcher.pauseDecided();
    expect([1, 2, 3, 4, 5, 6].map(() => batcher.push(FRAME, false))).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it("sends every frame at once with a batch of 20", () => {
    expect(waits(20, talk)).toEqual(talk.map(() => 0));
  });

  it("begins anew after a flush for another reason", () => {
    const batcher = new UplinkBatcher(40);
    expect([batcher.push(FRAME, false), batcher.push(FRAME, false)]).toEqual([false, false]);
    batcher.flushed();
    expect([1, 2, 3, 4].map(() => batcher.push(FRAME, false))).toEqual([false, false, false, true]);
  });
});

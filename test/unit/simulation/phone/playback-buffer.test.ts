import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type MarkEcho,
  PlaybackBuffer,
  QUEUE_LIMIT,
} from "../../../../src/simulation/phone/playback-buffer.ts";

const loud = (ms: number) => new Uint8Array(ms * 8).fill(0x20);
const quiet = (ms: number) => new Uint8Array(ms * 8).fill(0xff);
const names = (echoes: readonly { readonly name: string }[]) => echoes.map(({ name }) => name);

describe("PlaybackBuffer", () => {
  it("echoes a mark when the audio before it was played, and at once when nothing is queued", () => {
    const buffer = new PlaybackBuffer(false);
    buffer.mark("empty", 5);
    expect(buffer.advance(5)).toEqual([{ name: "empty", at: 5, cleared: false }]);
    buffer.media(loud(100), 10);
    buffer.mark("a", 11);
    buffer.media(loud(50), 12);
    buffer.mark("b", 13);
    expect(buffer.nextMarkDue).toBe(110);
    expect(buffer.advance(109.9)).toEqual([]);
    expect(buffer.advance(110)).toEqual([{ name: "a", at: 110, cleared: false }]);
    expect(buffer.advance(500)).toEqual([{ name: "b", at: 160, cleared: false }]);
    expect(buffer.nextMarkDue).toBeUndefined();
  });

  it("answers all outstanding marks on clear and plays later audio as usual", () => {
    const buffer = new PlaybackBuffer(true);
    buffer.media(loud(100), 0);
    buffer.mark("a", 0);
    buffer.media(loud(100), 0);
    buffer.mark("b", 0);
    buffer.mark("c", 0);
    expect(buffer.clear(130)).toEqual([
      { name: "a", at: 100, cleared: false },
      { name: "b", at: 130, cleared: true },
      { name: "c", at: 130, cleared: true },
    ]);
    expect(buffer.heard(1000)).toBe(130);
    expect(buffer.pending(130)).toBe(0);
    buffer.media(loud(20), 200);
    buffer.clear(300);
    expect(buffer.heard(300)).toBe(150);
    expect(buffer.timeline.silences).toEqual([{ start: 130, duration: 70, afterClear: true }]);
    expect(buffer.played.map(({ start, mulaw }) => [start, mulaw.length])).toEqual([
      [0, 800],
      [100, 240],
      [200, 160],
    ]);
  });

  it("records every underrun with its start and its length", () => {
    const buffer = new PlaybackBuffer(false);
    buffer.media(loud(40), 0);
    buffer.media(loud(40), 39);
    buffer.media(loud(40), 95);
    buffer.media(loud(40), 135);
    expect(buffer.timeline.silences).toEqual([{ start: 80, duration: 15, afterClear: false }]);
    expect(buffer.timeline.stretches(10)).toEqual([
      { start: 0, end: 80 },
      { start: 95, end: 175 },
    ]);
    expect(buffer.timeline.stretches(20)).toEqual([{ start: 0, end: 175 }]);
    expect(buffer.heard(85)).toBe(80);
    expect(buffer.heard(105)).toBe(90);
  });

  it("knows when something loud was last heard", () => {
    const buffer = new PlaybackBuffer(false);
    expect(buffer.lastLoud(0)).toBeUndefined();
    buffer.media(quiet(50), 0);
    buffer.media(loud(50), 0);
    buffer.media(quiet(100), 0);
    expect(buffer.lastLoud(49)).toBeUndefined();
    expect(buffer.lastLoud(80)).toBe(80);
    expect(buffer.lastLoud(150)).toBe(100);
    expect(buffer.lastLoud(900)).toBe(100);
  });

  it("forgets loud audio that was cleared before it was heard", () => {
    const buffer = new PlaybackBuffer(false);
    buffer.media(quiet(50), 0);
    buffer.media(loud(50), 0);
    buffer.clear(20);
    expect(buffer.lastLoud(500)).toBeUndefined();
  });

  it("discards what comes while more than ten minutes are queued", () => {
    const buffer = new PlaybackBuffer(false);
    buffer.media(quiet(QUEUE_LIMIT), 0);
    buffer.media(loud(20), 0);
    expect(buffer.discarded).toBe(0);
    buffer.media(loud(20), 0);
    expect(buffer.discarded).toBe(1);
    expect(buffer.pending(0)).toBe(QUEUE_LIMIT + 20);
  });

  type Act =
    | { readonly type: "media"; readonly bytes: number }
    | { readonly type: "mark" | "clear" | "advance" };
  const what = fc.oneof<fc.WeightedArbitrary<Act>[]>(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 2000 }).map((bytes) => ({ type: "media", bytes })) },
    { weight: 4, arbitrary: fc.constant({ type: "mark" }) },
    { weight: 1, arbitrary: fc.constant({ type: "clear" }) },
    { weight: 2, arbitrary: fc.constant({ type: "advance" }) },
  );
  const acts = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), what), { maxLength: 60 });

  /** Runs the acts; `due`: how much must have been heard when the mark comes back, unless it was cleared. */
  function play(script: readonly (readonly [number, Act])[]) {
    const buffer = new PlaybackBuffer(true);
    const sent: { name: string; due: number }[] = [];
    const echoed: { name: string; cleared: boolean; heard: number; after: number }[] = [];
    let kept = 0;
    let at = 0;
    const take = (echoes: readonly MarkEcho[]) => {
      for (const { name, cleared, at: reached } of echoes) {
        echoed.push({ name, cleared, heard: buffer.heard(at), after: at - reached });
      }
    };
    for (const [wait, act] of script) {
      at += wait;
      if (act.type === "media") {
        buffer.media(new Uint8Array(act.bytes), at);
        kept += act.bytes / 8;
      } else if (act.type === "mark") {
        buffer.mark(String(sent.length), at);
        sent.push({ name: String(sent.length), due: kept });
      } else {
        take(act.type === "clear" ? buffer.clear(at) : buffer.advance(at));
        if (act.type === "clear") kept = buffer.heard(at);
      }
    }
    take(buffer.clear(at));
    return { sent, echoed, played: buffer.played, heard: buffer.heard(at) };
  }

  it("never echoes a mark early or out of order, and loses none", () => {
    fc.assert(
      fc.property(acts, (script) => {
        const { sent, echoed } = play(script);
        expect(names(echoed)).toEqual(names(sent));
        for (const [index, { cleared, heard, after }] of echoed.entries()) {
          expect(after).toBeGreaterThanOrEqual(0);
          expect(cleared || heard >= (sent[index]?.due ?? 0) - 1e-6).toBe(true);
        }
      }),
    );
  });

  it("plays as many bytes as it says, one piece after the other", () => {
    fc.assert(
      fc.property(acts, (script) => {
        const { played, heard } = play(script);
        const bytes = played.reduce((sum, { mulaw }) => sum + mulaw.length, 0);
        expect(Math.abs(bytes / 8 - heard)).toBeLessThan(0.125 * (script.length + 1));
        const overlaps = played.filter(({ start }, index) => {
          const before = played[index - 1];
          return before !== undefined && start < before.start + before.mulaw.length / 8 - 1e-6;
        });
        expect(overlaps).toEqual([]);
      }),
    );
  });
});

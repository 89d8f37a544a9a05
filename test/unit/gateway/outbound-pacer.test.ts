import { describe, expect, it } from "vitest";
import { OutboundPacer } from "../../../src/gateway/outbound-pacer.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

interface Sent {
  readonly at: number;
  readonly audio?: number;
  readonly mark?: string;
}

/** A far side that plays what it gets and returns marks after a round trip. */
class FarSide {
  readonly clock = new ManualClock();
  readonly sent: Sent[] = [];
  readonly told: string[] = [];
  readonly pacer: OutboundPacer;
  #playedUntil = 0;

  constructor({ roundTrip = 40, marks = true } = {}) {
    this.pacer = new OutboundPacer(this.clock, {
      audio: (mulaw) => {
        this.sent.push({ at: this.clock.now(), audio: mulaw.length / 8 });
        this.#playedUntil = Math.max(this.#playedUntil, this.clock.now()) + mulaw.length / 8;
      },
      mark: (mark) => {
        this.sent.push({ at: this.clock.now(), mark });
        if (marks)
          this.clock.after(this.#playedUntil - this.clock.now() + roundTrip, () => this.pacer.marked(mark));
      },
      clear: () => this.told.push("clear"),
      started: (turn) => this.told.push(`started ${turn}`),
      heard: ({ turn }) => this.told.push(`heard ${turn}`),
      finished: (turn) => this.told.push(`finished ${turn}`),
    });
  }

  get audio(): readonly number[] {
    return this.sent.flatMap(({ audio }) => (audio === undefined ? [] : [audio]));
  }
}

const speech = (ms: number) => new Uint8Array(ms * 8);

describe("the outbound pacer", () => {
  it("sends a bounded lead at once and the rest as it is heard", () => {
    const far = new FarSide();
    far.pacer.play(1, speech(2000));
    far.pacer.finish(1);
    expect(far.audio.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(240);
    far.clock.advanceTo(1000);
    const ahead = far.audio.reduce((sum, ms) => sum + ms, 0) - 1000;
    expect(ahead).toBeGreaterThan(0);
    expect(ahead).toBeLessThanOrEqual(240);
    far.clock.advanceTo(3000);
    expect(far.audio.reduce((sum, ms) => sum + ms, 0)).toBe(2000);
    expect(far.told.at(-1)).toBe("finished 1");
  });

  it("sends messages of 40 to 100 ms, shorter only at the end of a turn", () => {
    const far = new FarSide();
    for (let at = 0; at < 1000; at += 10) {
      far.clock.advanceTo(at);
      far.pacer.play(1, speech(13));
    }
    far.pacer.finish(1);
    far.clock.advanceTo(4000);
    expect(far.audio.reduce((sum, ms) => sum + ms, 0)).toBe(1300);
    for (const ms of far.audio.slice(0, -1)) {
      expect(ms).toBeGreaterThanOrEqual(40);
      expect(ms).toBeLessThanOrEqual(100);
    }
  });

  it("marks at least every 200 ms of audio, and the end of the turn", () => {
    const far = new FarSide();
    far.pacer.play(3, speech(1030));
    far.pacer.finish(3);
    far.clock.advanceTo(3000);
    let since = 0;
    for (const { audio, mark } of far.sent) {
      since = mark === undefined ? since + (audio ?? 0) : 0;
      expect(since).toBeLessThanOrEqual(200);
    }
    expect(far.sent.at(-1)?.mark).toContain(":end");
  });

  it("never lets the caller's queue run dry while there is something to send", () => {
    const far = new FarSide({ roundTrip: 150 });
    far.pacer.play(1, speech(5000));
    let queued = 0;
    let last = 0;
    let seen = 0;
    for (let at = 0; at <= 4800; at += 5) {
      far.clock.advanceTo(at);
      queued = Math.max(0, queued - (at - last));
      for (const { audio } of far.sent.slice(seen)) queued += audio ?? 0;
      seen = far.sent.length;
      last = at;
      expect(queued).toBeGreaterThan(0);
    }
  });

  it("goes on by time when the far side returns no marks", () => {
    const far = new FarSide({ marks: false });
    far.pacer.play(1, speech(3000));
    far.clock.advanceTo(6000);
    expect(far.audio.reduce((sum, ms) => sum + ms, 0)).toBe(3000);
  });

  it("on clear stops at once, forgets the rest and tells what was heard", () => {
    const far = new FarSide();
    far.pacer.play(1, speech(2000));
    far.clock.advanceTo(500);
    const [heard] = far.pacer.clear();
    expect(heard?.turn).toBe(1);
    expect(heard?.heard).toBeGreaterThan(380);
    expect(heard?.heard).toBeLessThanOrEqual(500);
    const { length } = far.sent;
    far.clock.advanceTo(3000);
    expect(far.sent.length).toBe(length);
    expect(far.pacer.pending).toBe(0);
    expect(far.clock.armed).toBe(0);
  });

  it("says once that a turn has started, and when all of it was heard", () => {
    const far = new FarSide();
    far.pacer.play(1, speech(300));
    far.pacer.finish(1);
    far.pacer.play(2, speech(300));
    far.pacer.finish(2);
    far.clock.advanceTo(2000);
    expect(far.told.filter((told) => !told.startsWith("heard"))).toEqual([
      "started 1",
      "started 2",
      "finished 1",
      "finished 2",
    ]);
  });

  it("marks the end of a turn whose last audio was sent before the end was known", () => {
    const far = new FarSide();
    far.pacer.play(1, speech(100));
    far.clock.advanceTo(300);
    far.pacer.finish(1);
    far.clock.advanceTo(400);
    expect(far.told.at(-1)).toBe("finished 1");
  });
});

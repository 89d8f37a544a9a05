import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationOf } from "../../../src/audio/audio-format.ts";
import { OutboundPacer } from "../../../src/gateway/outbound-pacer.ts";
import { RecordingTimeline } from "../../../src/gateway/recording-timeline.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { PlaybackBuffer } from "../../../src/simulation/phone/playback-buffer.ts";
import { firstDifference, KeptRecording, laidOut } from "../../support/kept-recording.ts";

/** Sound in which every sample tells its place: what is misplaced shows. */
function sound(ms: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: ms * 8 }, (_, index) => (from + index) % 101);
}

/** A pacer and a far side that plays exactly as Twilio does; its marks come back late. */
class Line {
  readonly clock = new ManualClock();
  readonly recording = new KeptRecording();
  readonly far = new PlaybackBuffer(true);
  readonly timeline = new RecordingTimeline(this.recording, 0, false);
  readonly pacer: OutboundPacer;

  constructor(markDelay: (mark: number) => number) {
    let marks = 0;
    const echo = (name: string): void => {
      this.clock.after(markDelay(++marks), () => this.pacer.marked(name));
    };
    this.pacer = new OutboundPacer(this.clock, {
      audio: (mulaw) => {
        const at = this.clock.now();
        this.timeline.agent(mulaw, at, this.pacer.ledger.lead(at) - durationOf(mulaw.length));
        this.far.media(mulaw, at);
      },
      mark: (name) => {
        const at = this.clock.now();
        this.far.mark(name, at);
        this.clock.after(this.far.pending(at), () => {
          for (const mark of this.far.advance(this.clock.now())) echo(mark.name);
        });
      },
      clear: () => {
        const at = this.clock.now();
        this.timeline.clear(at, this.pacer.ledger.lead(at));
        for (const { name } of this.far.clear(at)) echo(name);
      },
      started: () => {},
      heard: () => {},
      finished: () => {},
    });
  }

  hangsUp(): void {
    const at = this.clock.now();
    this.pacer.close();
    this.timeline.end(at);
    this.far.clear(at);
  }
}

describe("the recording's time line", () => {
  it("holds at every moment what the far side played then: interruptions, pauses, late marks", () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 1_500 }),
      does: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 1_200 }) },
        { weight: 1, arbitrary: fc.constant("finish" as const) },
        { weight: 2, arbitrary: fc.constant("clear" as const) },
      ),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 0, max: 300 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 10 }),
        (steps, roundTrip, jitter) => {
          const line = new Line((mark) => roundTrip + (jitter[mark % jitter.length] as number));
          let turn = 1;
          let from = 0;
          for (const { wait, does } of steps) {
            line.clock.advanceTo(line.clock.now() + wait);
            if (does === "finish") line.pacer.finish(turn++);
            else if (does === "clear") {
              line.pacer.clear();
              turn++;
            } else {
              line.pacer.play(turn, sound(does, from));
              from += does * 8;
            }
          }
          line.clock.advanceTo(line.clock.now() + 500);
          line.hangsUp();
          const { agent } = line.recording;
          expect(agent.length).toBe(Math.round(line.clock.now() * 8));
          expect(firstDifference(agent, laidOut(line.far.played, agent.length))).toBe(-1);
        },
      ),
      { numRuns: 100 },
    );
  }, 30_000);

  it("moves what a stalled far side plays late to where it is heard", () => {
    const recording = new KeptRecording();
    const timeline = new RecordingTimeline(recording, 0, false);
    timeline.agent(sound(400), 0, 0);
    timeline.agent(sound(100, 3_200), 600, 300); // marks tell: only 100 of the 400 ms were played
    timeline.end(2_000);
    const pieces = [
      { start: 0, mulaw: sound(100) },
      { start: 600, mulaw: sound(300, 800) },
      { start: 900, mulaw: sound(100, 3_200) },
    ];
    expect(recording.agent).toEqual(laidOut(pieces, 16_000));
  });

  it("takes back at an interruption what a stalled far side has not played", () => {
    const recording = new KeptRecording();
    const timeline = new RecordingTimeline(recording, 0, false);
    timeline.agent(sound(900), 0, 0);
    timeline.clear(900, 500);
    timeline.end(1_000);
    expect(recording.agent).toEqual(laidOut([{ start: 0, mulaw: sound(400) }], 8_000));
  });

  it("keeps the caller at the stamps of the frames, gaps as silence", () => {
    const recording = new KeptRecording();
    const timeline = new RecordingTimeline(recording, 1_000, false);
    for (const at of [0, 20, 41, 200]) timeline.caller(sound(20, at * 8), at, 1_050 + at);
    timeline.end(1_500);
    const pieces = [
      [0, 0],
      [20, 20],
      [40, 41],
      [200, 200],
    ].map(([start = 0, stamp = 0]) => ({ start, mulaw: sound(20, stamp * 8) }));
    expect(recording.caller).toEqual(laidOut(pieces, 4_000));
    expect(recording.ended).toBe(true);
  });

  it("leaves out what comes with a stamp of nobody's, or more than a second late", () => {
    const recording = new KeptRecording();
    const timeline = new RecordingTimeline(recording, 0, false);
    timeline.caller(sound(20), 1e12, 20);
    timeline.caller(sound(20), -1e12, 40);
    timeline.caller(sound(20), 0, 5_000);
    timeline.end(5_000);
    expect(recording.caller).toEqual(new Int16Array(40_000));
  });

  it("is silent on the caller's side while a secret is keyed in", () => {
    const recording = new KeptRecording();
    const timeline = new RecordingTimeline(recording, 0, false);
    const speak = (from: number, to: number): void => {
      for (let at = from; at < to; at += 20) timeline.caller(sound(20, at * 8), at, at);
    };
    speak(0, 200);
    timeline.conceal(Number.POSITIVE_INFINITY, 200);
    speak(200, 3_000);
    timeline.conceal(500, 3_000);
    speak(3_000, 4_000);
    timeline.end(4_000);
    const pieces = [
      { start: 0, mulaw: sound(200) },
      { start: 3_500, mulaw: sound(500, 3_500 * 8) },
    ];
    expect(recording.caller).toEqual(laidOut(pieces, 32_000));
  });

  it("begins with the announcement, when there is one", () => {
    const recording = new KeptRecording();
    const timeline = new RecordingTimeline(recording, 0, true);
    timeline.caller(sound(20), 0, 20);
    timeline.agent(sound(100), 40, 0);
    timeline.caller(sound(20), 40, 60);
    timeline.end(200);
    expect(recording.caller).toEqual(laidOut([{ start: 40, mulaw: sound(20) }], 1_600));
  });
});

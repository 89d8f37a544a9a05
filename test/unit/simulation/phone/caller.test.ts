import { describe, expect, it } from "vitest";
import { Caller, type Ear } from "../../../../src/simulation/phone/caller.ts";
import type { CallerScript } from "../../../../src/simulation/phone/caller-script.ts";
import { SILENT_FRAME } from "../../../../src/simulation/phone/spoken-audio.ts";

const word = new Uint8Array(320).fill(0x20);

/** An agent that is loud in these stretches and silent otherwise. */
function ear(...stretches: readonly (readonly [number, number])[]): Ear {
  const heard = (at: number) =>
    stretches.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(at, end) - start), 0);
  return {
    heard,
    pending: (at) => stretches.find(([start, end]) => start <= at && at < end)?.[1] ?? 0,
    lastLoud: (at) => {
      const end = stretches.findLast(([start]) => start <= at)?.[1];
      return end === undefined ? undefined : Math.min(at, end);
    },
  };
}

/** Runs a script frame by frame; what the caller did and when. */
function run(script: CallerScript, agent: Ear, until: number): string[] {
  const caller = new Caller(script);
  const acts: string[] = [];
  for (let at = 20; at <= until; at += 20) {
    const move = caller.next(at, agent);
    if (move.unanswered) acts.push(`${at} unanswered`);
    if (move.speaking?.edge === "first") acts.push(`${at} first`);
    if (move.speaking?.edge === "last") acts.push(`${at} last`);
    if (move.digit !== undefined) acts.push(`${at} key ${move.digit}`);
    if (move.hangUp) return [...acts, `${at} hang-up`];
    if (move.speaking === undefined) expect(move.payload).toBe(SILENT_FRAME);
  }
  return acts;
}

describe("Caller", () => {
  it("speaks when the greeting has ended, waits longer for the reply, and hangs up", () => {
    const script: CallerScript = [
      { type: "say", audio: word, cue: { when: "agent-finished" } },
      { type: "hang-up", cue: { when: "agent-finished" } },
    ];
    const acts = run(script, ear([100, 500], [1400, 2000], [2800, 3000]), 10_000);
    expect(acts).toEqual(["1100 first", "1120 last", "4500 hang-up"]);
  });

  it("does not take a short silence in the reply for its end", () => {
    const script: CallerScript = [{ type: "hang-up", cue: { when: "agent-finished", quiet: 300 } }];
    expect(run(script, ear([0, 100], [300, 600]), 5_000)).toEqual(["900 hang-up"]);
  });

  it("does not take a long silence for the end while it knows of more, until patience is lost", () => {
    const finished = { when: "agent-finished", quiet: 300, patience: 2_000 } as const;
    let owing = true;
    const script: CallerScript = [{ type: "hang-up", cue: { ...finished, owing: () => owing } }];
    expect(run(script, ear([0, 100], [1_000, 1_600]), 3_000)).toEqual([]);
    expect(run(script, ear([0, 100], [1_000, 1_600]), 5_000)).toEqual(["3600 unanswered", "3600 hang-up"]);
    owing = false;
    expect(run(script, ear([0, 100], [300, 600]), 5_000)).toEqual(["900 hang-up"]);
  });

  it("says it again when it is asked to, and from the start when the line was lost in the middle", () => {
    let times = 0;
    const again = (quiet: number) => quiet >= 500 && times++ === 0;
    const script: CallerScript = [
      { type: "say", audio: word, again, cue: { when: "at", at: 100 } },
      { type: "hang-up", cue: { when: "agent-finished", quiet: 2_000 } },
    ];
    expect(run(script, ear([200, 600]), 5_000)).toEqual(["100 first", "120 last", "1100 first", "1120 last"]);
    const caller = new Caller([{ type: "say", audio: word, cue: { when: "at", at: 0 } }]);
    expect(caller.next(20, ear()).speaking?.edge).toBe("first");
    caller.lineCameBack();
    expect(caller.next(2_000, ear()).speaking?.edge).toBe("first");
    expect(caller.next(2_020, ear()).speaking?.edge).toBe("last");
    caller.lineCameBack();
    expect(caller.next(2_040, ear()).speaking).toBeUndefined();
  });

  it("interrupts after having heard so much since it last spoke", () => {
    const script: CallerScript = [
      { type: "say", audio: word, cue: { when: "at", at: 200 } },
      { type: "say", audio: word, cue: { when: "heard", heard: 400 } },
    ];
    expect(run(script, ear([0, 100], [500, 2000]), 3_000)).toEqual([
      "200 first",
      "220 last",
      "900 first",
      "920 last",
    ]);
  });

  it("presses keys one after another", () => {
    const script: CallerScript = [
      { type: "press", digits: "1*", cue: { when: "after", wait: 100 } },
      { type: "hang-up", cue: { when: "after", wait: 40 } },
    ];
    expect(run(script, ear(), 2_000)).toEqual(["100 key 1", "300 key *", "340 hang-up"]);
  });

  it("does not wait for a silent agent for ever", () => {
    const script: CallerScript = [
      { type: "say", audio: word, cue: { when: "agent-finished", patience: 1000 } },
      { type: "hang-up", cue: { when: "heard", heard: 100, patience: 500 } },
    ];
    expect(run(script, ear(), 5_000)).toEqual([
      "1000 unanswered",
      "1000 first",
      "1020 last",
      "1520 unanswered",
      "1520 hang-up",
    ]);
  });

  it("is silent when its script is done", () => {
    expect(run([], ear([0, 100]), 200)).toEqual([]);
  });
});

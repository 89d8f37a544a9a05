import { describe, expect, it } from "vitest";
import { FRAME_MS } from "../../src/audio/audio-format.ts";
import { turnParts } from "../../src/calls/turn-record.ts";
import { spokenAudio } from "../../src/simulation/phone/spoken-audio.ts";
import { answering } from "../support/conversations.ts";
import { speech } from "../support/virtual-call.ts";

const CALLS = 10;
const TURNS = 20;
const question = speech("what-are-your-opening-hours");
const lastVoice = (spokenAudio(question).voice?.lastFrame ?? 0) + 1;

/** The waits of a call's turns as they are told, and as the far side of the line sees them; ms. */
async function waits(number: number) {
  const told = await answering(
    Array.from({ length: TURNS }, () => "what are your hours"),
    () => "Nine to six, every day.",
    { firstToken: 80 + 37 * number, perToken: 3 + number, firstByte: 40 + 23 * number },
  );
  await told.dial();
  await told.hearsOut(0);
  const seen: number[] = [];
  for (let turn = 1; turn <= TURNS; turn++) {
    const voiceEnd = told.clock.now() + lastVoice * FRAME_MS;
    const before = told.sent.length;
    await told.says(question);
    await told.waitsUntil(() => told.of("agent-heard").filter(({ final }) => final).length > turn);
    const reply = told.sent.slice(before).find(({ event }) => event === "media");
    seen.push((reply?.at ?? Number.NaN) - voiceEnd);
  }
  const [first] = told.events;
  const records = told.registry.find(first?.sessionId ?? 0)?.turns.all ?? [];
  told.hangsUp();
  return { records, seen };
}

describe("the turn records of 200 simulated turns", async () => {
  const calls = await Promise.all(Array.from({ length: CALLS }, (_, number) => waits(number)));

  it("sum to their totals to the millisecond", () => {
    const records = calls.flatMap(({ records }) => records);
    expect(records).toHaveLength(CALLS * TURNS);
    for (const { parts, total } of records) {
      expect(turnParts.reduce((sum, part) => sum + parts[part], 0)).toBe(total);
    }
  });

  it("agree with what was measured from outside within 20 ms at p95", () => {
    const apart = calls.flatMap(({ records, seen }) =>
      records.map(({ total }, index) => Math.abs(total - (seen[index] ?? Number.NaN))),
    );
    expect(apart.every(Number.isFinite)).toBe(true);
    const p95 = apart.sort((a, b) => a - b)[Math.ceil(0.95 * apart.length) - 1];
    expect(p95).toBeLessThanOrEqual(20);
  });
});

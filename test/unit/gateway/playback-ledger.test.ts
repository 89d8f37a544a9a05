import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlaybackLedger } from "../../../src/gateway/playback-ledger.ts";

/** 100 ms of μ-law. */
const PART = 800;

/** A ledger that has learnt a round trip, on turn 0 played to its end. */
function learnt(roundTrip: number): PlaybackLedger {
  const ledger = new PlaybackLedger();
  ledger.sent(0, PART, 0);
  ledger.returned(ledger.mark(0, true), 100 + roundTrip);
  return ledger;
}

describe("the playback ledger", () => {
  it("moves with time between marks; the caller hears it half a round trip later", () => {
    const ledger = learnt(40);
    ledger.sent(1, PART * 3, 1000);
    expect(ledger.lead(1120)).toBe(180);
    expect(ledger.heard(1, 1120)).toBe(100);
    expect(ledger.heard(1, 9000)).toBe(280);
  });

  it("learns the round trip anew whenever the caller's queue was empty", () => {
    const ledger = learnt(40);
    ledger.sent(1, PART * 3, 1000);
    ledger.returned(ledger.mark(1, true), 1400);
    ledger.sent(2, PART * 3, 2000);
    expect(ledger.heard(2, 2120)).toBe(70);
  });

  it("does not move past an overdue mark, and corrects itself when it comes", () => {
    const ledger = learnt(0);
    ledger.sent(1, PART * 2, 1000);
    const mark = ledger.mark(1, false);
    ledger.sent(1, PART * 8, 1010);
    expect(ledger.heard(1, 1250)).toBe(250);
    expect(ledger.heard(1, 1500)).toBe(260);
    expect(ledger.returned(mark, 1500)).toEqual({ kind: "played", turn: 1, final: false });
    expect(ledger.heard(1, 1500)).toBe(350);
  });

  it("believes time again when marks do not come back at all, and counts it once", () => {
    const ledger = learnt(0);
    ledger.sent(1, PART * 2, 1000);
    ledger.mark(1, false);
    ledger.sent(1, PART * 20, 1010);
    ledger.mark(1, false);
    expect(ledger.heard(1, 1700)).toBe(260);
    expect(ledger.heard(1, 1900)).toBe(900);
    expect(ledger.heard(1, 2500)).toBe(1500);
    expect(ledger.marksOverdue).toBe(1);
  });

  it("does not count marks that Twilio returns because of a clear", () => {
    const ledger = learnt(0);
    ledger.sent(1, PART * 4, 1000);
    const mark = ledger.mark(1, true);
    expect(ledger.clear(1150)).toEqual([{ turn: 1, heard: 150 }]);
    expect(ledger.returned(mark, 1160)).toEqual({ kind: "cleared" });
    expect(ledger.returned(mark, 1170)).toEqual({ kind: "unknown" });
    expect(ledger.lead(1150)).toBe(0);
  });

  it("starts a new playhead for what is sent after a clear", () => {
    const ledger = learnt(0);
    ledger.sent(1, PART * 4, 1000);
    ledger.clear(1100);
    ledger.sent(2, PART, 2000);
    expect(ledger.heard(2, 2050)).toBe(50);
    expect(ledger.heard(1, 2050)).toBe(0);
  });

  it("tells two turns apart that are queued behind each other", () => {
    const ledger = learnt(0);
    ledger.sent(1, PART, 1000);
    ledger.sent(2, PART, 1000);
    expect(ledger.clear(1150)).toEqual([
      { turn: 1, heard: 100 },
      { turn: 2, heard: 50 },
    ]);
  });

  it("takes the marks before a returned one as played", () => {
    const ledger = new PlaybackLedger();
    ledger.sent(1, PART, 0);
    ledger.mark(1, false);
    ledger.sent(1, PART, 0);
    const second = ledger.mark(1, true);
    expect(ledger.returned(second, 200)).toEqual({ kind: "played", turn: 1, final: true });
    expect(ledger.lead(200)).toBe(0);
  });

  it("never hears more than was sent, nor less as time goes by", () => {
    const act = fc.oneof(
      fc.record({ type: fc.constant("send" as const), bytes: fc.integer({ min: 1, max: 2000 }) }),
      fc.record({ type: fc.constant("mark" as const) }),
      fc.record({ type: fc.constant("return" as const) }),
      fc.record({ type: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 700 }) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const ledger = new PlaybackLedger();
        const marks: string[] = [];
        let at = 0;
        let sent = 0;
        let heard = 0;
        for (const step of acts) {
          if (step.type === "send") {
            ledger.sent(1, step.bytes, at);
            sent += step.bytes / 8;
          } else if (step.type === "mark") marks.push(ledger.mark(1, false));
          else if (step.type === "return") ledger.returned(marks.shift() ?? "none", at);
          else at += step.ms;
          const now = ledger.heard(1, at);
          expect(now).toBeLessThanOrEqual(sent);
          expect(ledger.lead(at)).toBeGreaterThanOrEqual(0);
          if (step.type === "wait") expect(now).toBeGreaterThanOrEqual(heard - 1e-9);
          heard = now;
        }
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InsertedSilence } from "../../../../src/providers/deepgram/inserted-silence.ts";

describe("InsertedSilence", () => {
  it("tells how much of the audio before a position is the caller's own", () => {
    const piece = fc.record({ bytes: fc.integer({ min: 1, max: 9 }), own: fc.boolean() });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(300), (pieces, forgotten) => {
        const silence = new InsertedSilence();
        const own: boolean[] = [];
        for (const part of pieces) {
          if (!part.own) silence.add(own.length, part.bytes);
          for (let i = 0; i < part.bytes; i++) own.push(part.own);
        }
        const from = Math.min(forgotten, own.length);
        silence.forget(from);
        for (let at = from; at <= own.length; at++) {
          expect(silence.ownBefore(at)).toBe(own.slice(0, at).filter(Boolean).length);
        }
      }),
    );
  });
});

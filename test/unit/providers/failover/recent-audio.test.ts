import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentAudio } from "../../../../src/providers/failover/recent-audio.ts";

const kept = (audio: RecentAudio): number[] => audio.pieces().flatMap((piece) => [...piece]);

describe("RecentAudio", () => {
  it("keeps the newest bytes in order, whatever the pieces", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 25 })),
        fc.integer({ min: 1, max: 12 }),
        (chunks, bound) => {
          const audio = new RecentAudio(bound);
          for (const chunk of chunks) audio.append(chunk);
          expect(kept(audio)).toEqual(chunks.flatMap((chunk) => [...chunk]).slice(-bound));
          expect(audio.pieces().every(({ length }) => length > 0)).toBe(true);
        },
      ),
    );
  });

  it("forgets all when cleared, and goes on", () => {
    const audio = new RecentAudio(4);
    audio.append(Uint8Array.of(1, 2, 3));
    audio.clear();
    expect(kept(audio)).toEqual([]);
    audio.append(Uint8Array.of(4, 5));
    expect(kept(audio)).toEqual([4, 5]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME_BYTES } from "../../../src/audio/audio-format.ts";
import { Framer } from "../../../src/audio/framer.ts";

function framed(chunks: readonly Uint8Array[]) {
  const frames: Uint8Array[] = [];
  const framer = new Framer((frame) => frames.push(frame.slice()));
  for (const chunk of chunks) framer.push(chunk);
  return { framer, frames };
}

describe("Framer", () => {
  it("gives every byte once, in order, in whole frames, however it was cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 })), (chunks) => {
        const { framer, frames } = framed(chunks);
        const all = Buffer.concat(chunks);
        expect(frames.every((frame) => frame.length === FRAME_BYTES)).toBe(true);
        expect(Buffer.concat(frames).equals(all.subarray(0, frames.length * FRAME_BYTES))).toBe(true);
        expect(framer.held).toBe(all.length % FRAME_BYTES);
        framer.flush(0xff);
        const rest = all.subarray(all.length - (all.length % FRAME_BYTES));
        const last =
          rest.length === 0 ? undefined : Buffer.alloc(FRAME_BYTES, 0xff).fill(rest, 0, rest.length);
        if (last !== undefined) expect(Buffer.from(frames.at(-1) as Uint8Array).equals(last)).toBe(true);
        expect(framer.held).toBe(0);
      }),
    );
  });

  it("lends a frame that is a chunk of its own without a copy", () => {
    const chunk = new Uint8Array(FRAME_BYTES);
    let lent: Uint8Array | undefined;
    new Framer((frame) => {
      lent = frame;
    }).push(chunk);
    expect(lent).toBe(chunk);
  });

  it("has nothing to flush between frames", () => {
    const { framer, frames } = framed([new Uint8Array(FRAME_BYTES)]);
    framer.flush(0xff);
    expect(frames).toHaveLength(1);
  });
});

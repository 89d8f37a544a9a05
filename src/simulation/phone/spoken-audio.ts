import { FRAME_BYTES, SILENCE } from "../../audio/audio-format.ts";
import { frameAt, speechSpan } from "./loudness.ts";

/** A recording cut into the frames that a phone sends. */
export interface SpokenAudio {
  /** Base64 of 160 bytes each; the last one is filled up with silence. */
  readonly frames: readonly string[];
  /** The frames that hold the first and the last of the voice; undefined when there is none. */
  readonly voice: { readonly firstFrame: number; readonly lastFrame: number } | undefined;
}

const encoded = new WeakMap<Uint8Array, SpokenAudio>();

/** Base64 of one silent frame. */
export const SILENT_FRAME = Buffer.alloc(FRAME_BYTES, SILENCE).toString("base64");

/** Encodes a recording once; many phones may say the same. */
export function spokenAudio(mulaw: Uint8Array): SpokenAudio {
  const known = encoded.get(mulaw);
  if (known !== undefined) return known;
  const frames: string[] = [];
  const frame = Buffer.alloc(FRAME_BYTES);
  for (let start = 0; start < mulaw.length; start += FRAME_BYTES) {
    frame.fill(SILENCE).set(mulaw.subarray(start, start + FRAME_BYTES));
    frames.push(frame.toString("base64"));
  }
  const span = speechSpan(mulaw);
  const spoken: SpokenAudio = {
    frames,
    voice: span && {
      firstFrame: frameAt(span.start),
      lastFrame: Math.min(frames.length - 1, frameAt(Math.max(span.start, span.end - 1))),
    },
  };
  encoded.set(mulaw, spoken);
  return spoken;
}

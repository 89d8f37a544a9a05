import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { WAV_BYTES_PER_MS, WAV_HEADER_BYTES, wavHeader } from "./wav-header.ts";

/** A part of a call's recording: a complete WAV file, and when it was completed, Unix ms. */
export interface RecordedPart {
  readonly path: string;
  readonly completedAt: number;
}

/** Between two parts of a call there is at most so much silence, in ms: clocks may differ. */
const LONGEST_GAP = 60_000;

/** Writes two parts of one call, in any order, as one recording: the earlier first, silence for the time between them. */
export async function joinRecordings(one: RecordedPart, other: RecordedPart, path: string): Promise<void> {
  const [first, second] = one.completedAt <= other.completedAt ? [one, other] : [other, one];
  const [before, after] = [await soundIn(first.path), await soundIn(second.path)];
  const begunAt = second.completedAt - after / WAV_BYTES_PER_MS;
  const gap = Math.min(LONGEST_GAP, Math.max(0, Math.round(begunAt - first.completedAt))) * WAV_BYTES_PER_MS;
  const file = await open(path, "w", 0o600);
  try {
    await file.write(wavHeader(before + gap + after), 0, WAV_HEADER_BYTES, 0);
    await copy(first.path, WAV_HEADER_BYTES);
    await copy(second.path, WAV_HEADER_BYTES + before + gap); // what lies between is a hole, which reads as silence
    await file.sync();
  } finally {
    await file.close();
  }

  async function copy(from: string, start: number): Promise<void> {
    const sound = createReadStream(from, { start: WAV_HEADER_BYTES });
    await pipeline(sound, file.createWriteStream({ start, autoClose: false }));
  }
}

/** In bytes. */
async function soundIn(path: string): Promise<number> {
  return (await stat(path)).size - WAV_HEADER_BYTES;
}

import { type FileHandle, open } from "node:fs/promises";
import { LONGEST_GAP } from "./recording-writer.ts";
import { WAV_BYTES_PER_MS, WAV_HEADER_BYTES, wavHeader } from "./wav-header.ts";

/** A part of a call's recording: a complete WAV file, and when it was completed, Unix ms. */
export interface RecordedPart {
  readonly path: string;
  readonly completedAt: number;
}

/** Copied at once, in bytes. */
const PIECE = 256 * 1024;

/** Writes two parts of one call, in any order, as one recording: the earlier first, silence for the time between them. */
export async function joinRecordings(one: RecordedPart, other: RecordedPart, path: string): Promise<void> {
  const [first, second] = one.completedAt <= other.completedAt ? [one, other] : [other, one];
  const files: FileHandle[] = [];
  const opened = async (name: string, flags: string): Promise<FileHandle> => {
    const file = await open(name, flags, 0o600);
    files.push(file);
    return file;
  };
  try {
    const [before, after] = [await opened(first.path, "r"), await opened(second.path, "r")];
    const [had, comes] = [await soundIn(before), await soundIn(after)];
    const begunAt = second.completedAt - comes / WAV_BYTES_PER_MS;
    const gap =
      Math.min(LONGEST_GAP, Math.max(0, Math.round(begunAt - first.completedAt))) * WAV_BYTES_PER_MS;
    const joined = await opened(path, "w");
    await joined.write(wavHeader(had + gap + comes), 0, WAV_HEADER_BYTES, 0);
    await copySound(before, joined, WAV_HEADER_BYTES);
    await copySound(after, joined, WAV_HEADER_BYTES + had + gap); // a hole between them reads as silence
    await joined.sync();
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

/** In bytes. */
async function soundIn(file: FileHandle): Promise<number> {
  return (await file.stat()).size - WAV_HEADER_BYTES;
}

async function copySound(from: FileHandle, to: FileHandle, at: number): Promise<void> {
  const piece = new Uint8Array(PIECE);
  for (let done = 0; ; ) {
    const { bytesRead } = await from.read(piece, 0, PIECE, WAV_HEADER_BYTES + done);
    if (bytesRead === 0) return;
    await to.write(piece, 0, bytesRead, at + done);
    done += bytesRead;
  }
}

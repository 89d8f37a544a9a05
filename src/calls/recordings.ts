import type { Readable } from "node:stream";
import type { Call } from "./call.ts";

/** Whether and how an agent's calls are recorded. `docs/recording.md` tells what the law may ask for. */
export interface RecordingPolicy {
  readonly enabled: boolean;
  /**
   * Said before the greeting, where it cannot be interrupted; the recording begins with it. `true`: the usual
   * English words. Unset: nothing is said.
   */
  readonly announce?: string | true;
  /** Days after which a recording is removed; unset: `RECORDING_RETENTION_DAYS`. */
  readonly retentionDays?: number;
}

/** Port: where the recording of one call goes while the call goes on. It never throws and never waits. */
export interface RecordingTarget {
  /** The next piece of it: 16-bit little-endian PCM, 8 kHz, caller and agent in turn. The buffer passes on. */
  write(pcm: Uint8Array): void;
  /** The call is over; nothing more comes. */
  end(): void;
}

/** Port: the recordings of all calls. What is asked of them rejects with `STORE_UNAVAILABLE` when they cannot be reached. */
export interface Recordings {
  begin(call: Call): RecordingTarget;
  /** The complete recording of a call; undefined while it is being made, and when there is none. */
  find(sessionId: number): Promise<RecordingFile | undefined>;
  /** Bytes `first` to `last`, both included; rejects with `NOT_FOUND` when it has gone meanwhile. */
  open(sessionId: number, first: number, last: number): Promise<Readable>;
  /** Answers whether there was one. */
  remove(sessionId: number): Promise<boolean>;
  /** Those complete since before that time, in Unix ms. */
  olderThan(time: number): AsyncIterable<RecordingFile>;
}

/** A complete recording. */
export interface RecordingFile {
  readonly sessionId: number;
  /** In bytes, the WAV header included. */
  readonly size: number;
  /** Unix ms. */
  readonly completedAt: number;
}

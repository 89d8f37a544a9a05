import { rm, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Call } from "../calls/call.ts";
import type { RecordingFile, Recordings, RecordingTarget } from "../calls/recordings.ts";
import { type BackoffPolicy, backoffDelay } from "../runtime/backoff.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { joinRecordings } from "./join-recordings.ts";
import type { BucketFile, RecordingBucket } from "./recording-bucket.ts";
import type { RecordingFolder } from "./recording-folder.ts";

export interface UploadedRecordingsOptions {
  readonly folder: RecordingFolder;
  readonly bucket: RecordingBucket;
  /** Whether the call goes on in this process: its next media stream goes on with the file. */
  readonly isLive: (sessionId: number) => boolean;
  readonly clock: Clock;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Recordings that are made in a folder and moved to a bucket when they are complete: neither a slow bucket nor one
 * that is away touches a call or loses a recording. What waits in the folder is found there, and goes on its way
 * after a restart. What another process has recorded of the same call, and moved, is joined with it.
 */
export class UploadedRecordings implements Recordings {
  readonly #options: UploadedRecordingsOptions;
  /** In the folder and complete, with the attempts that failed. */
  readonly #waiting = new Map<number, number>();
  readonly #moving = new Map<number, Moving>();
  /** Removed while they were on their way: taken back when they have arrived. */
  readonly #removed = new Set<number>();
  readonly #retries = new Set<Cancel>();
  readonly #closing = new AbortController();

  constructor(options: UploadedRecordingsOptions) {
    this.#options = options;
  }

  /** Begins to move what the folder holds. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    folder.onComplete = (sessionId) => {
      if (!this.#options.isLive(sessionId)) this.over(sessionId);
    };
    for await (const { sessionId } of folder.olderThan(Number.POSITIVE_INFINITY)) this.#add(sessionId, 0);
  }

  /** The call has ended, or goes on elsewhere. */
  over(sessionId: number): void {
    this.#add(sessionId, 0);
  }

  begin(call: Call): RecordingTarget {
    const { folder, clock } = this.#options;
    const moving = this.#moving.get(call.sessionId);
    if (moving === undefined) return folder.begin(call);
    // A bucket that takes its time gets the file later, with what comes now.
    const cancel = clock.after(PATIENCE, () => moving.stop.abort());
    return folder.begin(call, moving.done.finally(cancel));
  }

  async find(sessionId: number): Promise<RecordingFile | undefined> {
    const { folder, bucket } = this.#options;
    return (await folder.find(sessionId)) ?? (await bucket.find(sessionId));
  }

  async open(sessionId: number, first: number, last: number): Promise<Readable> {
    const { folder, bucket } = this.#options;
    try {
      return await folder.open(sessionId, first, last);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== "NOT_FOUND") throw error;
      return bucket.open(sessionId, first, last);
    }
  }

  async remove(sessionId: number): Promise<boolean> {
    const { folder, bucket } = this.#options;
    const uploaded = await bucket.find(sessionId);
    if (this.#moving.has(sessionId)) this.#removed.add(sessionId);
    const kept = await folder.remove(sessionId);
    if (uploaded !== undefined) await bucket.remove(sessionId);
    return kept || uploaded !== undefined;
  }

  async *olderThan(time: number): AsyncGenerator<RecordingFile> {
    const { folder, bucket } = this.#options;
    yield* folder.olderThan(time);
    for await (const file of bucket.list()) if (file.completedAt < time) yield file;
  }

  /** Recordings still in the folder go on their way at the next start. */
  async close(): Promise<void> {
    const { folder, bucket } = this.#options;
    this.#closing.abort(); // a recording that waits for its file is written after that
    for (const cancel of this.#retries) cancel();
    await Promise.all([...this.#moving.values()].map(({ done }) => done));
    await folder.close();
    bucket.close();
  }

  #add(sessionId: number, failures: number): void {
    this.#waiting.set(sessionId, failures);
    this.#moveNext();
  }

  #moveNext(): void {
    for (const [sessionId, failures] of this.#waiting) {
      if (this.#moving.size >= AT_ONCE || this.#closing.signal.aborted) return;
      if (this.#moving.has(sessionId)) continue; // its turn comes when that has ended
      this.#waiting.delete(sessionId);
      const stop = new AbortController();
      const signal = AbortSignal.any([this.#closing.signal, stop.signal]);
      const done = this.#move(sessionId, failures, signal).finally(() => {
        this.#moving.delete(sessionId);
        this.#removed.delete(sessionId);
        this.#moveNext();
      });
      this.#moving.set(sessionId, { done, stop });
    }
  }

  /** Never rejects. */
  async #move(sessionId: number, failures: number, signal: AbortSignal): Promise<void> {
    const { folder, bucket, isLive, onError } = this.#options;
    try {
      if (isLive(sessionId) || folder.isWriting(sessionId)) return; // it is told of again
      const file = await folder.find(sessionId);
      if (file === undefined) return; // removed meanwhile
      await this.#put(file, await bucket.find(sessionId), signal);
      if (this.#removed.has(sessionId)) await bucket.remove(sessionId);
      else await folder.remove(sessionId);
    } catch (error) {
      if (signal.aborted) return;
      if (failures === 0) onError(error, "a recording could not be moved to the bucket; trying again");
      this.#retry(sessionId, failures);
    }
  }

  async #put(file: RecordingFile, there: BucketFile | undefined, signal: AbortSignal): Promise<void> {
    const { folder, bucket } = this.#options;
    const { sessionId, completedAt } = file;
    const path = folder.pathOf(sessionId);
    if (there === undefined) return bucket.put({ ...file, parts: [completedAt] }, path, signal);
    if (there.parts.includes(completedAt)) return; // it has arrived, and nobody was left to say so
    const [other, joined] = [`${path}.other`, `${path}.joined`];
    try {
      await bucket.get(there, other, signal);
      await joinRecordings({ path, completedAt }, { path: other, completedAt: there.completedAt }, joined);
      const parts = [...there.parts, completedAt];
      await bucket.put({ sessionId, size: (await stat(joined)).size, parts }, joined, signal);
    } finally {
      await Promise.all([other, joined].map((temporary) => rm(temporary, { force: true })));
    }
  }

  #retry(sessionId: number, failures: number): void {
    const cancel = this.#options.clock.after(backoffDelay(RETRY, failures, Math.random()), () => {
      this.#retries.delete(cancel);
      this.#add(sessionId, failures + 1);
    });
    this.#retries.add(cancel);
  }
}

/** A recording on its way, which can be stopped. */
interface Moving {
  /** Never rejects. */
  readonly done: Promise<void>;
  readonly stop: AbortController;
}

/** How long a call that has come back waits for its file, in ms: less than what fits into the memory of its writer. */
const PATIENCE = 10_000;
/** Uploads at one time: they share the machine with calls. */
const AT_ONCE = 2;
const RETRY: BackoffPolicy = { first: 1_000, max: 300_000 };

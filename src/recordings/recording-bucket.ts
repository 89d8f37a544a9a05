import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import type { RecordingFile } from "../calls/recordings.ts";
import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";

export interface RecordingBucketOptions {
  readonly bucket: string;
  /** Unset: Amazon's. */
  readonly endpoint?: string;
  readonly region: string;
  readonly prefix: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly clock: Clock;
}

/** A recording in the bucket. */
export interface BucketFile extends RecordingFile {
  /** When each of its parts was completed, Unix ms: a call may have been recorded by several processes. */
  readonly parts: readonly number[];
}

/**
 * Recordings as `<prefix><session_id>.wav` in a bucket of S3's protocol. Everything has a deadline and rejects with
 * `STORE_UNAVAILABLE` when the bucket cannot be reached or refuses.
 */
export class RecordingBucket {
  readonly #options: RecordingBucketOptions;
  readonly #client: S3Client;

  constructor(options: RecordingBucketOptions) {
    const { endpoint, region, accessKeyId, secretAccessKey } = options;
    this.#options = options;
    this.#client = new S3Client({
      region,
      ...(endpoint && { endpoint, forcePathStyle: true }), // other stores have no host of its own for a bucket
      ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
      // By default the SDK adds CRC32 trailers, which many compatible stores refuse.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      maxAttempts: 2,
      logger: SILENT, // what goes wrong is thrown, and told once by who asked
    });
  }

  /** Puts the file there; one that was there is replaced. */
  async put(
    { sessionId, size, parts }: Omit<BucketFile, "completedAt">,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const body = createReadStream(path);
    try {
      await this.#within(TRANSFER_LIMIT, signal, (abortSignal) =>
        this.#client.send(
          new PutObjectCommand({
            ...this.#key(sessionId),
            Body: body,
            ContentLength: size,
            ContentType: "audio/wav",
            Metadata: { [PARTS]: parts.join(" ") },
          }),
          { abortSignal },
        ),
      );
    } finally {
      body.destroy();
    }
  }

  async find(sessionId: number): Promise<BucketFile | undefined> {
    try {
      const head = await this.#within(LIMIT, undefined, (abortSignal) =>
        this.#client.send(new HeadObjectCommand(this.#key(sessionId)), { abortSignal }),
      );
      const told = head.Metadata?.[PARTS]?.split(" ").map(Number);
      const parts = told ?? [head.LastModified?.getTime() ?? 0];
      return { sessionId, size: head.ContentLength ?? 0, completedAt: Math.max(...parts), parts };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Bytes `first` to `last`, both included; rejects with `NOT_FOUND` when there are none. */
  async open(sessionId: number, first: number, last: number): Promise<Readable> {
    const { Body } = await this.#within(LIMIT, undefined, (abortSignal) =>
      this.#client.send(new GetObjectCommand({ ...this.#key(sessionId), Range: `bytes=${first}-${last}` }), {
        abortSignal,
      }),
    );
    if (Body instanceof Readable) return Body;
    throw new GatewayError("STORE_UNAVAILABLE", "The bucket gave a recording without bytes");
  }

  /** Copies all of it into a file of this machine. */
  async get({ sessionId, size }: RecordingFile, path: string, signal: AbortSignal): Promise<void> {
    const body = await this.open(sessionId, 0, size - 1);
    const file = createWriteStream(path, { mode: 0o600 });
    await this.#within(TRANSFER_LIMIT, signal, (abortSignal) =>
      pipeline(body, file, { signal: abortSignal }),
    );
  }

  async remove(sessionId: number): Promise<void> {
    await this.#within(LIMIT, undefined, (abortSignal) =>
      this.#client.send(new DeleteObjectCommand(this.#key(sessionId)), { abortSignal }),
    );
  }

  /** All of them; `completedAt` is when they came into the bucket. */
  async *list(): AsyncGenerator<RecordingFile> {
    const { bucket: Bucket, prefix: Prefix } = this.#options;
    const pages = paginateListObjectsV2({ client: this.#client }, { Bucket, Prefix });
    for (;;) {
      const page = await this.#within(LIMIT, undefined, () => pages.next());
      if (page.done === true) return;
      for (const { Key = "", Size: size = 0, LastModified } of page.value.Contents ?? []) {
        const sessionId = Number(/^(\d+)\.wav$/.exec(Key.slice(Prefix.length))?.[1]);
        if (Number.isSafeInteger(sessionId)) {
          yield { sessionId, size, completedAt: LastModified?.getTime() ?? 0 };
        }
      }
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #key(sessionId: number) {
    const { bucket, prefix } = this.#options;
    return { Bucket: bucket, Key: `${prefix}${sessionId}.wav` };
  }

  async #within<Result>(
    limit: number,
    parent: AbortSignal | undefined,
    ask: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const expiry = new AbortController();
    const late = Promise.withResolvers<never>();
    const error = new GatewayError("STORE_UNAVAILABLE", `The bucket did not answer within ${limit} ms`);
    const cancel = this.#options.clock.after(limit, () => {
      expiry.abort();
      late.reject(error);
    });
    try {
      const signal = parent === undefined ? expiry.signal : AbortSignal.any([parent, expiry.signal]);
      return await Promise.race([ask(signal), late.promise]);
    } catch (failure) {
      throw asBucketError(failure);
    } finally {
      cancel();
    }
  }
}

function asBucketError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (status === 404 && (error as Error).name !== "NoSuchBucket")
    return new GatewayError("NOT_FOUND", "Recording not found", { cause: error });
  const what = error instanceof Error ? error.name : "an error";
  return new GatewayError("STORE_UNAVAILABLE", `The bucket of the recordings failed: ${what}`, {
    cause: error,
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof GatewayError && error.code === "NOT_FOUND";
}

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
/** A name for metadata, which S3 keeps in lower case. */
const PARTS = "parts";
/** For one answer, in ms. */
const LIMIT = 5_000;
/** For a whole recording there or back, in ms: an hour of a call is 115 MB. */
const TRANSFER_LIMIT = 600_000;

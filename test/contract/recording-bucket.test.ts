import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RecordingBucket } from "../../src/recordings/recording-bucket.ts";
import { RecordingFolder } from "../../src/recordings/recording-folder.ts";
import { UploadedRecordings } from "../../src/recordings/uploaded-recordings.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { S3StandIn, type StoredObject } from "../../src/simulation/stand-ins/s3-stand-in.ts";
import { eventually } from "../support/call-desk.ts";
import { aCall } from "../support/calls.ts";

const CALL = 77;
const KEY = `calls/${CALL}.wav`;
let standIn: S3StandIn;
let folderPath: string;
let errors: string[];
/** Calls that go on. */
const live = new Set<number>();
const opened: UploadedRecordings[] = [];

beforeEach(async () => {
  standIn = await S3StandIn.start({ bucket: "recordings", accessKeyId: "AKID", pageSize: 2 });
  folderPath = await mkdtemp(join(tmpdir(), "earshot-bucket-"));
  errors = [];
  live.clear();
});

afterEach(async () => {
  for (const recordings of opened.splice(0)) await recordings.close();
  await standIn.close();
  await rm(folderPath, { recursive: true });
});

async function recordings(accessKeyId = "AKID"): Promise<UploadedRecordings> {
  const clock = systemClock;
  const onError = (_error: unknown, what: string) => errors.push(what);
  const folder = new RecordingFolder(folderPath, onError);
  await folder.start();
  const bucket = new RecordingBucket({
    bucket: "recordings",
    endpoint: standIn.origin,
    region: "us-east-1",
    prefix: "calls/",
    accessKeyId,
    secretAccessKey: "secret",
    clock,
  });
  const isLive = (sessionId: number) => live.has(sessionId);
  const uploaded = new UploadedRecordings({ folder, bucket, isLive, clock, onError });
  await uploaded.start();
  opened.push(uploaded);
  return uploaded;
}

function record(to: UploadedRecordings, sessionId = CALL): void {
  const target = to.begin(aCall({ sessionId }));
  target.write(Uint8Array.from({ length: 32_000 }, (_, index) => index % 251));
  target.end();
}

const isMoved = async (key = KEY) => standIn.objects.has(key) && (await readdir(folderPath)).length === 0;

describe("recordings in a bucket", () => {
  it("are moved there when the call is over, byte for byte", async () => {
    const all = await recordings();
    record(all);
    await eventually(() => isMoved(), "it is moved");
    const { bytes, type } = standIn.objects.get(KEY) ?? {};
    expect([bytes?.length, type, bytes?.toString("latin1", 0, 4)]).toEqual([32_044, "audio/wav", "RIFF"]);
    const found = await all.find(CALL);
    expect(found?.size).toBe(32_044);
    expect(await buffer(await all.open(CALL, 100, 199))).toEqual(bytes?.subarray(100, 200));
  });

  it("keep the time at which they became complete", async () => {
    standIn.inject({ type: "status", status: 503 }, { type: "status", status: 503 });
    const all = await recordings();
    record(all);
    await eventually(async () => (await readdir(folderPath)).includes(`${CALL}.wav`), "it is complete");
    const before = await all.find(CALL);
    await eventually(() => isMoved(), "it is moved");
    expect(await all.find(CALL)).toMatchObject(before ?? {});
  });

  it("wait in the folder while the bucket is away, can be had meanwhile, and go on after a restart", async () => {
    const { origin } = standIn;
    const refused = await recordings("WRONG");
    record(refused);
    await eventually(() => errors.length > 0, "the bucket has refused");
    expect(errors).toEqual(["a recording could not be moved to the bucket; trying again"]);
    expect((await refused.find(CALL))?.size).toBe(32_044);
    const kept = await buffer(await refused.open(CALL, 0, 32_043));
    expect(kept).toEqual(await readFile(join(folderPath, `${CALL}.wav`)));
    await opened.pop()?.close();
    expect([origin, standIn.objects.size]).toEqual([standIn.origin, 0]);
    await recordings();
    await eventually(() => isMoved(), "it is moved");
    expect(standIn.objects.get(KEY)?.bytes).toEqual(kept);
  });

  it("are tried again after a fault, and arrive once", async () => {
    standIn.inject({ type: "drop", afterMessages: 0 }, { type: "status", status: 500 });
    record(await recordings());
    await eventually(() => isMoved(), "it is moved");
    expect(standIn.objects.size).toBe(1);
  });

  it("stay in the folder while the call goes on, and are one over two streams", async () => {
    const all = await recordings();
    live.add(CALL);
    record(all);
    await eventually(async () => (await all.find(CALL)) !== undefined, "the first stream is recorded");
    record(all);
    await eventually(async () => ((await all.find(CALL))?.size ?? 0) >= 64_044, "the second stream is, too");
    expect(standIn.requests.filter((request) => request.startsWith("PUT"))).toEqual([]);
    live.clear();
    all.over(CALL);
    await eventually(() => isMoved(), "it is moved");
    expect(standIn.objects.get(KEY)?.bytes.length).toBeGreaterThanOrEqual(64_044);
  });

  it("are one when the call comes back while the bucket takes its time with the first stream", async () => {
    standIn.inject({ type: "stall", afterMessages: 0 });
    const all = await recordings();
    record(all);
    await eventually(() => standIn.requests.length > 0, "the first stream is on its way");
    live.add(CALL);
    record(all);
    await eventually(async () => ((await all.find(CALL))?.size ?? 0) >= 64_044, "both are recorded", 20_000);
    live.clear();
    all.over(CALL);
    await eventually(() => isMoved(), "it is moved");
    expect(standIn.objects.get(KEY)?.bytes.length).toBeGreaterThanOrEqual(64_044);
  });

  it("of two processes are joined in the order in which they were made", async () => {
    const first = await recordings();
    record(first);
    await eventually(() => isMoved(), "the first part is moved");
    const made = standIn.objects.get(KEY)?.bytes ?? Buffer.alloc(0);
    const second = await recordings(); // another process, as far as the bucket can tell
    const target = second.begin(aCall({ sessionId: CALL }));
    target.write(new Uint8Array(16_000).fill(7));
    target.end();
    await eventually(
      async () => (await isMoved()) && (standIn.objects.get(KEY)?.bytes.length ?? 0) > made.length,
      "the second part is joined",
    );
    const joined = standIn.objects.get(KEY)?.bytes ?? Buffer.alloc(0);
    expect(joined.subarray(44, made.length)).toEqual(made.subarray(44));
    expect(joined.subarray(-16_000)).toEqual(Buffer.alloc(16_000, 7));
    expect(joined.subarray(made.length, -16_000).every((byte) => byte === 0)).toBe(true);
    expect(joined.readUInt32LE(40)).toBe(joined.length - 44);
    expect(await second.find(CALL)).toMatchObject({ parts: [expect.any(Number), expect.any(Number)] });
  });

  it("are listed over pages, foreign names left out, and removed", async () => {
    const all = await recordings();
    for (const sessionId of [1, 2, 3, 4, 5]) record(all, sessionId);
    await eventually(() => standIn.objects.size === 5 && isMoved("calls/5.wav"), "they are moved");
    standIn.objects.set("calls/readme.txt", standIn.objects.get("calls/1.wav") as StoredObject);
    const old: number[] = [];
    for await (const { sessionId } of all.olderThan(Date.now() + 60_000)) old.push(sessionId);
    expect(old).toEqual([1, 2, 3, 4, 5]);
    expect(await all.remove(3)).toBe(true);
    expect(await all.remove(3)).toBe(false);
    expect(await all.find(3)).toBeUndefined();
    await expect(all.open(3, 0, 10)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("tell of a bucket that refuses as a store that cannot be reached", async () => {
    const all = await recordings("WRONG");
    await expect(all.find(CALL)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});

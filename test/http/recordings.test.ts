import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readWav } from "../../src/audio/wav.ts";
import { RecordingFolder } from "../../src/recordings/recording-folder.ts";
import { aCall, aStoredCall } from "../support/calls.ts";
import { type HttpFixture, httpFixture, listen, liveCall } from "./http-fixture.ts";

let fixture: HttpFixture;
let folder: string;
let url: string;
let whole: Buffer;

/** A finished call with a recording of a second. */
const RECORDED = 77;
const at = (sessionId: number) => `${url}/api/v1/calls/${sessionId}/recording`;
const get = (headers: Record<string, string> = {}, method = "GET") =>
  fetch(at(RECORDED), { method, headers: { authorization: "Bearer key", ...headers } });
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "earshot-recordings-"));
  const recordings = new RecordingFolder(folder, (error) => {
    throw error;
  });
  await recordings.start();
  const target = recordings.begin(aCall({ sessionId: RECORDED }));
  target.write(Uint8Array.from({ length: 32_000 }, (_, index) => index % 251));
  target.end();
  await recordings.close();
  fixture = await httpFixture({ recordings, apiSecretKey: "key" });
  const call = aStoredCall({ sessionId: RECORDED, status: "completed", endedAt: 9_000 });
  await fixture.store.calls.save({ calls: [call], entries: [], milestones: [] }, "another process");
  url = await listen(fixture);
  whole = await bytesOf(await get());
});

afterEach(async () => {
  await fixture.close();
  await rm(folder, { recursive: true });
});

describe("GET /api/v1/calls/{session_id}/recording", () => {
  it("streams a stereo WAV file", async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "audio/wav",
      "accept-ranges": "bytes",
      "content-length": "32044",
      etag: expect.stringMatching(/^"[0-9a-f]+-[0-9a-f]+"$/),
      "last-modified": expect.stringMatching(/ GMT$/),
    });
    const { sampleRate, channels } = readWav(await bytesOf(response));
    expect([sampleRate, channels.map(({ length }) => length)]).toEqual([8_000, [8_000, 8_000]]);
  });

  it.each([
    ["bytes=0-43", 0, 43],
    ["bytes=44-", 44, 32_043],
    ["bytes=-100", 31_944, 32_043],
    ["bytes=100-999999", 100, 32_043],
    ["bytes=-999999", 0, 32_043],
  ])("answers the range %s", async (range, first, last) => {
    const response = await get({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${first}-${last}/32044`);
    expect(await bytesOf(response)).toEqual(whole.subarray(first, last + 1));
  });

  it.each(["bytes=32044-", "bytes=99999-100000", "bytes=-0"])("refuses the range %s", async (range) => {
    const response = await get({ range });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */32044");
    expect(await response.json()).toMatchObject({ code: "RANGE_NOT_SATISFIABLE" });
  });

  it.each(["bytes=0-1,4-5", "words=0-1", "bytes=5-1", "bytes=-"])(
    "leaves %s out of account",
    async (range) => {
      const response = await get({ range });
      expect([response.status, (await bytesOf(response)).length]).toEqual([200, 32_044]);
    },
  );

  it("answers HEAD without the sound, and what the client has by 304", async () => {
    const head = await get({}, "HEAD");
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "32044"]);
    const etag = head.headers.get("etag") ?? "";
    expect((await get({ "if-none-match": etag })).status).toBe(304);
    expect((await get({ range: "bytes=0-1", "if-range": etag })).status).toBe(206);
    expect((await get({ range: "bytes=0-1", "if-range": '"other"' })).status).toBe(200);
  });

  it("answers 401 without the key, 404 where there is none, 409 while the call goes on", async () => {
    expect((await fetch(at(RECORDED))).status).toBe(401);
    const headers = { authorization: "Bearer key" };
    const sessionId = liveCall(fixture);
    expect((await fetch(at(sessionId), { headers })).status).toBe(409);
    fixture.registry.end(sessionId, "agent-goodbye");
    expect((await fetch(at(sessionId), { headers })).status).toBe(404);
    expect((await fetch(at(4711), { headers })).status).toBe(404);
    expect((await fetch(`${url}/api/v1/calls/abc/recording`, { headers })).status).toBe(400);
  });
});

describe("DELETE /api/v1/calls/{session_id}/recording", () => {
  it("removes it, once", async () => {
    expect((await get({}, "DELETE")).status).toBe(204);
    expect((await get({}, "DELETE")).status).toBe(404);
    expect((await get()).status).toBe(404);
  });
});

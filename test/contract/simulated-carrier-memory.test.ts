import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PlaceCall } from "../../src/calls/carrier.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { CallMemory } from "../../src/simulation/carrier/call-memory.ts";
import type { RememberedCall } from "../../src/simulation/carrier/remembered-call.ts";
import { SimulatedCarrier } from "../../src/simulation/carrier/simulated-carrier.ts";

let folder: string;
let file: string;
const carriers: SimulatedCarrier[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "earshot-carrier-"));
  file = join(folder, "data", "simulated-carrier.jsonl");
});

afterEach(async () => {
  await Promise.all(carriers.splice(0).map((carrier) => carrier.close()));
  await rm(folder, { recursive: true });
});

/** Nobody is at the gateway's port: calls that nobody answers need none. */
async function open(path = file) {
  const carrier = await SimulatedCarrier.open({
    clock: systemClock,
    publicUrl: () => "http://127.0.0.1:9",
    dialOrigin: () => "http://127.0.0.1:9",
    file: path,
    timings: { ring: 60_000, unanswered: 60_000, close: 100 },
  });
  carriers.push(carrier);
  return carrier;
}

const pair = { to: "+14155550100", from: "+15005550006" };
const order: PlaceCall = {
  sessionId: 7,
  ...pair,
  ringLimit: 60_000,
  timeLimit: 60_000,
  machineDetection: false,
};
const place = async (carrier: SimulatedCarrier, to = pair.to) =>
  (await carrier.place({ ...order, to }, new AbortController().signal)).sipCallId;

/** The file as a process leaves it that is killed now. */
async function asKilled(name: string, torn = ""): Promise<string> {
  const copy = join(folder, name);
  await copyFile(file, copy);
  await appendFile(copy, torn);
  return copy;
}

describe("the simulated carrier's memory", () => {
  it("holds a call before it is placed, and completes it when the process is killed", async () => {
    const since = systemClock.wall();
    const carrier = await open();
    const placed = await place(carrier);
    expect(readFileSync(file, "utf8")).toContain(placed);
    const copy = await asKilled("killed.jsonl", '{"call":{"sipCallId":"SC_to');
    const reopened = await open(copy);
    expect(await reopened.status(placed)).toEqual({
      sipCallId: placed,
      ...pair,
      status: "completed",
      startedAt: expect.any(Number),
      endedAt: expect.any(Number),
    });
    expect(await reopened.find({ ...pair, since })).toHaveLength(1);
    const next = await place(reopened);
    const again = await open(await asKilled("again.jsonl").then(() => copy));
    expect((await again.find({ ...pair, since })).map(({ sipCallId }) => sipCallId)).toEqual([placed, next]);
  });

  it("holds a call whose process is killed as soon as it is placed", async () => {
    const program = `
      import { SimulatedCarrier } from ${JSON.stringify(new URL("../../src/simulation/carrier/simulated-carrier.ts", import.meta.url).href)};
      import { systemClock } from ${JSON.stringify(new URL("../../src/runtime/clock.ts", import.meta.url).href)};
      const origin = () => "http://127.0.0.1:9";
      const options = { clock: systemClock, publicUrl: origin, dialOrigin: origin, file: process.argv[1] };
      const carrier = await SimulatedCarrier.open(options);
      const order = JSON.parse(process.argv[2]);
      const { signal } = new AbortController();
      await Promise.all([1, 2, 3].map((sessionId) => carrier.place({ ...order, sessionId }, signal)));
      process.kill(process.pid, "SIGKILL");`;
    const argv = ["--input-type=module", "--eval", program, file, JSON.stringify(order)];
    const killed = await promisify(execFile)(process.execPath, argv).catch((error: unknown) => error);
    expect(killed).toMatchObject({ signal: "SIGKILL" });
    const found = await (await open()).find({ ...pair, since: 0 });
    expect(found.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
  });

  it("holds how calls ended", async () => {
    const carrier = await open();
    const [hungUp, failed] = [await place(carrier), await place(carrier, "+14155559903")];
    await carrier.hangUp(hungUp);
    await expect.poll(async () => (await carrier.status(failed))?.status).toBe("failed");
    const before = [await carrier.status(hungUp), await carrier.status(failed)];
    await carrier.close();
    const reopened = await open();
    expect([await reopened.status(hungUp), await reopened.status(failed)]).toEqual(before);
    expect(before[0]).toMatchObject({ status: "canceled", endedAt: expect.any(Number) });
  });

  it("passes over lines that it cannot read", async () => {
    await mkdir(join(folder, "data"));
    const call = {
      sipCallId: "SC_1",
      sessionId: 1,
      ...pair,
      direction: "outbound",
      startedAt: 5,
      endedAt: null,
    };
    const lines = [
      "",
      "nonsense",
      "[]",
      "null",
      JSON.stringify({ call: { ...call, sipCallId: "SC_2", status: "unheard-of" } }),
      JSON.stringify({ call: { ...call, status: "queued" } }),
      JSON.stringify({ sipCallId: "SC_9", status: "ringing", at: 7 }),
      JSON.stringify({ sipCallId: "SC_1", status: "ringing", at: "late" }),
      JSON.stringify({ sipCallId: "SC_1", status: "busy", at: 9 }),
      JSON.stringify({ sipCallId: "SC_1", status: "ringing", at: 10 }),
    ];
    await writeFile(file, lines.join("\n"));
    const carrier = await open();
    expect(await carrier.status("SC_1")).toMatchObject({ status: "busy", startedAt: 5, endedAt: 9 });
    expect(await carrier.status("SC_2")).toBeUndefined();
    expect((await readFile(file, "utf8")).split("\n")).toHaveLength(2);
    expect(await readdir(join(folder, "data"))).toEqual(["simulated-carrier.jsonl"]);
  });

  it("keeps the newest ten thousand calls", async () => {
    await mkdir(join(folder, "data"));
    const lines = Array.from({ length: 10_050 }, (_, index) =>
      JSON.stringify({
        call: {
          sipCallId: `SC_${index}`,
          sessionId: index,
          ...pair,
          direction: "outbound",
          status: "completed",
          startedAt: index,
          endedAt: index,
        },
      }),
    );
    await writeFile(file, `${lines.join("\n")}\n`);
    const carrier = await open();
    expect(await carrier.status("SC_49")).toBeUndefined();
    expect(await carrier.status("SC_50")).toBeDefined();
    expect((await readFile(file, "utf8")).split("\n")).toHaveLength(10_001);
  });

  it("writes its file anew before it grows too long, without losing a call", async () => {
    const memory = await CallMemory.open(file);
    const call: RememberedCall = {
      sipCallId: "",
      sessionId: 1,
      ...pair,
      direction: "outbound",
      status: "queued",
      startedAt: 1,
      endedAt: null,
    };
    for (let turn = 0; turn < 62; turn++) {
      const sipCallId = `SC_${turn}`;
      const added = memory.add({ ...call, sipCallId });
      for (let change = 0; change < 1_000; change++) memory.change(sipCallId, "ringing", change);
      memory.change(sipCallId, "busy", 2_000);
      await added;
    }
    await memory.close();
    expect((await readFile(file, "utf8")).split("\n").length).toBeLessThan(10_000);
    const reopened = await CallMemory.open(file);
    await reopened.close();
    expect([...reopened.values()].map(({ status }) => status)).toEqual(Array(62).fill("busy"));
  });

  it("cannot be opened where no file can be, and says so", async () => {
    await writeFile(join(folder, "data"), "a file");
    await expect(open()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("takes no call that cannot be written down", async () => {
    const carrier = await open();
    await carrier.close();
    const memory = await CallMemory.open(file);
    await memory.close();
    const call: RememberedCall = {
      sipCallId: "SC_x",
      sessionId: 1,
      ...pair,
      direction: "outbound",
      status: "queued",
      startedAt: 1,
      endedAt: null,
    };
    await expect(memory.add(call)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(memory.get("SC_x")).toBeUndefined();
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { openEmbedded } from "../../src/store/embedded/open-embedded.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, anEntry } from "./store-fixtures.ts";
import { afterTest, opened, saveCalls, temporaryDirectory } from "./store-harness.ts";

const clock = systemClock;

/** Another process that has the store open; killed after the test at the latest. */
async function openInChild(dataDir: string): Promise<{ child: ChildProcess; lines: Interface }> {
  const program = join(import.meta.dirname, "store-child.ts");
  const child = spawn(process.execPath, [program, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  afterTest(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const lines = createInterface({ input: child.stdout });
  expect(await once(lines, "line")).toEqual(["open"]);
  return { child, lines };
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

/** What the operator is told when the store cannot be opened. */
async function refusal(dataDir: string): Promise<string> {
  const error: unknown = await openStore({ dataDir, clock }).then(
    (store) => store.close(),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "GatewayError", code: "CONFIG_INVALID" });
  const { message } = error as Error;
  expect(message).not.toContain("\n");
  return message;
}

describe("DATA_DIR", () => {
  it("is made when missing, for its owner alone", async () => {
    const dataDir = join(await temporaryDirectory(), "a", "b");
    await opened({ dataDir, clock });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect(await readdir(dataDir)).toEqual(expect.arrayContaining(["earshot.sqlite", "lock.sqlite"]));
  });

  it("serves one store at a time, within a process too", async () => {
    const dataDir = await temporaryDirectory();
    const first = await opened({ dataDir, clock });
    const line = await refusal(dataDir);
    expect(line).toContain(dataDir);
    expect(line).toContain("in use by another Earshot process");
    expect(line).toContain("DATABASE_URL");
    await first.check();
    await first.close();
    await (await opened({ dataDir, clock })).check();
  });

  it("is free again as soon as its process was killed", async () => {
    const dataDir = await temporaryDirectory();
    const { child } = await openInChild(dataDir);
    expect(await refusal(dataDir)).toContain("in use by another Earshot process");
    await kill(child);
    await (await opened({ dataDir, clock })).check();
  });

  it("that cannot be made or written is refused", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "file"), "");
    expect(await refusal(join(directory, "file"))).toContain("another DATA_DIR");
    expect(await refusal(join(directory, "file", "below"))).toContain("cannot be made");
    // Where names are refused with ENOENT, Node's own recursive mkdir does not end.
    if (process.platform === "linux") expect(await refusal("/proc/nowhere")).toContain("cannot be made");
  });

  it("with a damaged database is refused, and not locked after", async () => {
    const dataDir = await temporaryDirectory();
    await writeFile(join(dataDir, "earshot.sqlite"), "This is no database. ".repeat(500));
    expect(await refusal(dataDir)).toContain("damaged earshot.sqlite");
    expect(await refusal(dataDir)).toContain("damaged earshot.sqlite");
  });

  it("of a newer Earshot is refused", async () => {
    const dataDir = await temporaryDirectory();
    await (await openStore({ dataDir, clock })).close();
    const database = new DatabaseSync(join(dataDir, "earshot.sqlite"));
    database.exec("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00.000Z')");
    database.close();
    expect(await refusal(dataDir)).toContain("another version of Earshot");
  });

  it("whose database cannot be brought up to date is refused, and left as it was", async () => {
    const dataDir = await temporaryDirectory();
    const tables = () => {
      const database = new DatabaseSync(join(dataDir, "earshot.sqlite"));
      database.exec("create table if not exists customers (name text)");
      const rows = database.prepare("select name from sqlite_master where type = 'table'").all();
      database.close();
      return rows.map(({ name }) => name);
    };
    expect(tables()).toEqual(["customers"]);
    expect(await refusal(dataDir)).toContain("cannot be brought up to date");
    expect(tables()).not.toContain("calls");
  });

  it("keeps the database safe from power loss", async () => {
    const { kysely, close } = await openEmbedded(await temporaryDirectory(), clock);
    afterTest(close);
    const pragma = async (name: string) => (await sql`pragma ${sql.raw(name)}`.execute(kysely)).rows;
    expect(await pragma("journal_mode")).toEqual([{ journal_mode: "wal" }]);
    expect(await pragma("synchronous")).toEqual([{ synchronous: 2 }]);
    expect(await pragma("foreign_keys")).toEqual([{ foreign_keys: 1 }]);
  });
});

describe("a process that is killed", () => {
  it.each([1, 40, 250])("loses no call that it was told is durable (%i of them)", async (enough) => {
    const dataDir = await temporaryDirectory();
    const { child, lines } = await openInChild(dataDir);
    const saved: number[] = [];
    const reached = new Promise<void>((resolve) => {
      lines.on("line", (line) => {
        saved.push(Number(line));
        if (saved.length === enough) resolve();
      });
    });
    await reached;
    await kill(child);

    const store = await opened({ dataDir, clock });
    expect(saved.length).toBeGreaterThanOrEqual(enough);
    for (const sessionId of saved) {
      expect(await store.calls.call(sessionId)).toEqual(anEndedCall(sessionId));
      expect(await store.calls.transcript(sessionId)).toEqual([anEntry(sessionId, 1), anEntry(sessionId, 2)]);
    }
  });
});

describe("the thread of the embedded store", () => {
  /** Opens a store; answers it with the thread that it runs. */
  async function withThread(dataDir: string, threadClock = new ManualClock()) {
    const started = new Promise<Worker>((resolve) => process.once("worker", resolve));
    const store = await opened({ dataDir, clock: threadClock });
    return { store, thread: await started, clock: threadClock };
  }
  const unavailable = { name: "GatewayError", code: "STORE_UNAVAILABLE" };
  const isUp = (store: Store) =>
    store.check().then(
      () => true,
      () => false,
    );

  it("fails what waits for it when it dies, and is replaced", async () => {
    const { store, thread, clock: manual } = await withThread(await temporaryDirectory());
    await saveCalls(store, [aCall(1)]);
    const waiting = [store.check(), saveCalls(store, [aCall(2)]), store.calls.reserve("session", 5)];
    const outcomes = Promise.allSettled(waiting);
    await thread.terminate();
    for (const outcome of await outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(unavailable);
    }
    await expect(store.check()).rejects.toMatchObject(unavailable);
    await expect(saveCalls(store, [aCall(3)])).rejects.toMatchObject(unavailable);

    manual.advanceTo(manual.now() + 100);
    await expect.poll(() => isUp(store)).toBe(true);
    expect(await store.calls.call(1)).toEqual(aCall(1));
    expect(await store.calls.call(3)).toBeUndefined();
  });

  it("is replaced again and again, and ends with the store", async () => {
    const { store, thread, clock: manual } = await withThread(await temporaryDirectory());
    let running = thread;
    for (let times = 0; times < 3; times++) {
      const replaced = new Promise<Worker>((resolve) => process.once("worker", resolve));
      await running.terminate();
      manual.advanceTo(manual.now() + 100);
      running = await replaced;
      await expect.poll(() => isUp(store)).toBe(true);
    }
    await running.terminate();
    await store.close();
    manual.advanceTo(manual.now() + 100);
    await expect(store.check()).rejects.toMatchObject(unavailable);
  });

  it("takes what was only in memory with it", async () => {
    const { store, thread, clock: manual } = await withThread(":memory:");
    await thread.terminate();
    manual.advanceTo(manual.now() + 60_000);
    await expect(store.check()).rejects.toMatchObject(unavailable);
  });

  it("finishes what it was asked for before the store closes, and nothing after", async () => {
    const dataDir = await temporaryDirectory();
    const store = await openStore({ dataDir, clock });
    const saves = Array.from({ length: 20 }, (_, index) => saveCalls(store, [aCall(index + 1)]));
    const closes = [store.close(), store.close()];
    await expect(store.check()).rejects.toMatchObject(unavailable);
    await Promise.all([...saves, ...closes]);
    await expect(saveCalls(store, [aCall(21)])).rejects.toMatchObject(unavailable);

    const again = await opened({ dataDir, clock });
    expect((await again.calls.calls({ offset: 0, limit: 50 })).total).toBe(20);
  });

  it("refuses more than it can do soon, and recovers", async () => {
    const store = await opened({ dataDir: ":memory:", clock });
    const outcomes = await Promise.allSettled(Array.from({ length: 1_500 }, () => store.check()));
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toHaveLength(499);
    expect(refused[0]).toMatchObject({ reason: unavailable });
    await store.check();
  });
});

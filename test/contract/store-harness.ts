import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, afterEach } from "vitest";
import type { StoredCall } from "../../src/calls/call-store.ts";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { startPostgres } from "../support/postgres.ts";

/** Where a store is kept: every `open` of it opens the same one. Closed, and thrown away, after the test. */
export interface Place {
  open(clock?: Clock): Promise<Store>;
}

const server = await startPostgres();
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(async () => {
  if ("url" in server) await server.stop();
});

/** Does something after the test, before what was asked for earlier. */
export function afterTest(cleanUp: () => Promise<void>): void {
  cleanUps.push(cleanUp);
}

/** A new directory below the system's temporary one. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "earshot-store-"));
  afterTest(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a store that is closed after the test. */
export async function opened(options: Parameters<typeof openStore>[0]): Promise<Store> {
  const store = await openStore(options);
  afterTest(() => store.close());
  return store;
}

function inMemory(): Promise<Place> {
  return Promise.resolve({
    open: (clock = systemClock) => opened({ dataDir: ":memory:", clock }),
  });
}

async function inFile(): Promise<Place> {
  const dataDir = await temporaryDirectory();
  return { open: (clock = systemClock) => opened({ dataDir, clock }) };
}

async function onPostgres(): Promise<Place> {
  const databaseUrl = await newDatabase();
  return { open: (clock = systemClock) => opened({ databaseUrl, dataDir: "unused", clock }) };
}

/** The URL of a PostgreSQL server, when this machine has one. */
export const postgresUrl = "url" in server ? server.url : undefined;

/** The URL of a new, empty PostgreSQL database. */
export async function newDatabase(): Promise<string> {
  if ("missing" in server) throw new Error(server.missing);
  return server.newDatabase();
}

/** Does something on the PostgreSQL server, past the store. */
export async function onServer<Result>(
  act: (client: Client) => Promise<Result>,
  url = postgresUrl,
): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

const lasting = [
  { kind: "embedded in a file", newPlace: inFile, skip: false },
  { kind: "PostgreSQL", newPlace: onPostgres, skip: postgresUrl === undefined },
];

/** The stores that outlive their process. */
export const lastingStores = lasting.filter(({ skip }) => !skip);

/** Every kind of store that this machine can run. */
export const stores = [{ kind: "embedded in memory", newPlace: inMemory }, ...lastingStores];

/** Saves calls, with nothing said in them. */
export async function saveCalls(store: Store, calls: readonly StoredCall[], owner = "one"): Promise<void> {
  await store.calls.save({ calls, entries: [], milestones: [] }, owner);
}

import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { GatewayError } from "../../runtime/errors.ts";
import { primaryCode, resultCode, sqliteFailure } from "./sqlite-errors.ts";

/** How long a statement waits while another program (such as `sqlite3`, or a backup) holds the file, ms. */
const BUSY_WAIT = 5_000;

/** The write-ahead log is cut back to this size after a checkpoint, bytes. */
const LOG_SIZE = 64 * 2 ** 20;

const WRITABLE = "make it a writable directory, or set another DATA_DIR";

/** An open database, and the lock that keeps other processes from its directory. */
export interface HeldDatabase {
  readonly database: DatabaseSync;
  close(): void;
}

/**
 * Opens the database in the directory, which is made when missing (for the owner alone: there is what callers
 * said in it), and locks the directory. The lock is a transaction on a file of its own, so that the system
 * drops it with the process, however that ends.
 *
 * @param existing whether the database must be there already.
 * @throws GatewayError `CONFIG_INVALID` with one line for the operator.
 */
export function openInDirectory(directory: string, existing: boolean): HeldDatabase {
  if (existing && !existsSync(join(directory, "earshot.sqlite"))) {
    throw new GatewayError(
      "CONFIG_INVALID",
      `DATA_DIR "${directory}" has lost its earshot.sqlite: put it back`,
    );
  }
  try {
    makeDirectory(resolve(directory));
  } catch (error) {
    throw refused(directory, "cannot be made", WRITABLE, error);
  }
  const lock = lockDirectory(directory);
  try {
    const database = openDurable(ownFile(join(directory, "earshot.sqlite")));
    return {
      database,
      close() {
        database.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw unusable(directory, error);
  }
}

export function openInMemory(): HeldDatabase {
  const database = new DatabaseSync(":memory:");
  return { database, close: () => database.close() };
}

function lockDirectory(directory: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(ownFile(join(directory, "lock.sqlite")), { timeout: 0 });
    lock.exec("begin exclusive");
    return lock;
  } catch (error) {
    lock?.close();
    throw notLocked(directory, error);
  }
}

function openDurable(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_WAIT, enableForeignKeyConstraints: true });
  try {
    database.exec("pragma journal_mode = wal");
    database.exec("pragma synchronous = full");
    database.exec(`pragma journal_size_limit = ${LOG_SIZE}`);
    database.exec("begin immediate; commit"); // meets a file that cannot be written now, not at the first call
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function notLocked(directory: string, error: unknown): GatewayError {
  if (primaryCode(sqliteFailure(error)) !== resultCode.busy) return unusable(directory, error);
  return new GatewayError(
    "CONFIG_INVALID",
    `DATA_DIR "${directory}" is in use by another Earshot process: stop that one, set another DATA_DIR, or set DATABASE_URL to a PostgreSQL database that several processes can share`,
    { cause: error },
  );
}

function unusable(directory: string, error: unknown): GatewayError {
  const code = primaryCode(sqliteFailure(error));
  const damaged = code === resultCode.notADatabase || code === resultCode.corrupt;
  return damaged
    ? refused(directory, "has a damaged earshot.sqlite", "put a backup in its place, or move it away", error)
    : refused(directory, "cannot be used", WRITABLE, error);
}

function refused(directory: string, problem: string, advice: string, error: unknown): GatewayError {
  return new GatewayError(
    "CONFIG_INVALID",
    `DATA_DIR "${directory}" ${problem} (${(error as Error).message}): ${advice}`,
    { cause: error },
  );
}

/**
 * Makes the file for its owner alone, whatever the directory and the umask allow; its log and index get its mode from
 * SQLite. One that is there keeps the mode that the operator gave it.
 */
function ownFile(path: string): string {
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  return path;
}

/** With its parents. Node's own recursive `mkdirSync` never ends where a parent refuses new names with ENOENT (`/proc`). */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  if (!existsSync(dirname(directory))) makeDirectory(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

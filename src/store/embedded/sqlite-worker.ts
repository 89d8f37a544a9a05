import { parentPort, workerData } from "node:worker_threads";
import { type HeldDatabase, openInDirectory, openInMemory } from "./data-directory.ts";
import { sqliteFailure } from "./sqlite-errors.ts";
import type {
  SqliteOpening,
  SqliteOrder,
  SqliteReply,
  SqliteSettings,
  SqliteValue,
} from "./sqlite-messages.ts";
import { StatementCache } from "./statement-cache.ts";

const port = parentPort;
if (port === null) throw new Error("sqlite-worker runs as a worker thread only");

/** Prepared statements kept; the stores have fewer, but for inserts of many rows. */
const STATEMENTS = 200;

const held = open();
if (held !== undefined) {
  const { database } = held;
  const statements = new StatementCache(database, STATEMENTS);

  const run = (sql: string, parameters: readonly unknown[]): SqliteReply => {
    // SQLite has rolled back by itself when it ran out of space, for example.
    if (sql === "rollback" && !database.isTransaction) return { changes: 0 };
    const { statement, columns } = statements.of(sql);
    const values = parameters as SqliteValue[];
    if (columns.length === 0) return { changes: Number(statement.run(...values).changes) };
    return { columns, rows: statement.all(...values) as unknown as SqliteValue[][] };
  };

  port.on("message", (order: SqliteOrder) => {
    if ("end" in order) {
      held.close();
      port.close();
      return;
    }
    let reply: SqliteReply;
    try {
      reply = run(order.sql, order.parameters);
    } catch (error) {
      reply = sqliteFailure(error);
    }
    port.postMessage(reply);
  });
}

function open(): HeldDatabase | undefined {
  const { directory, existing = false } = workerData as SqliteSettings;
  try {
    const opened = directory === undefined ? openInMemory() : openInDirectory(directory, existing);
    port?.postMessage({ open: true } satisfies SqliteOpening);
    return opened;
  } catch (error) {
    port?.postMessage({ refused: (error as Error).message } satisfies SqliteOpening);
    return undefined;
  }
}

import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from "kysely";
import { withoutNul } from "../without-nul.ts";
import type { LastingDatabase } from "./lasting-database.ts";
import { asError } from "./sqlite-errors.ts";
import type { SqliteReply } from "./sqlite-messages.ts";
import type { SqliteThread } from "./sqlite-thread.ts";
import { Turns } from "./turns.ts";

/** Statements and transactions that may wait for their turn; more reject with `STORE_UNAVAILABLE`. */
const WAITING = 1_000;

/** Kysely's way to the database's thread: one connection, which transactions have to themselves. */
export class SqliteDriver implements Driver {
  readonly #database: LastingDatabase;
  readonly #turns = new Turns(WAITING);

  constructor(database: LastingDatabase) {
    this.#database = database;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#turns.take();
    try {
      return new SqliteConnection(this.#database.thread);
    } catch (error) {
      this.#turns.pass();
      throw error;
    }
  }

  async releaseConnection(): Promise<void> {
    this.#turns.pass();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  /** After everything that waits for its turn. */
  async destroy(): Promise<void> {
    await this.#turns.take();
    try {
      await this.#database.close();
    } finally {
      this.#turns.pass();
    }
  }
}

/** Of one thread: when that dies in the middle of a transaction, the rest of it reaches no other thread. */
class SqliteConnection implements DatabaseConnection {
  readonly #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const reply = await this.#thread.run(sql, withoutNul(parameters));
    if ("error" in reply) throw asError(reply);
    if ("changes" in reply) return { numAffectedRows: BigInt(reply.changes), rows: [] };
    return { rows: objects(reply) as Row[] };
  }

  // biome-ignore lint/correctness/useYield: the port asks for it; nothing of ours streams
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error("The embedded store does not stream");
  }
}

function objects({ columns, rows }: Extract<SqliteReply, { rows: unknown }>): object[] {
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (let column = 0; column < columns.length; column++) row[columns[column] as string] = values[column];
    return row;
  });
}

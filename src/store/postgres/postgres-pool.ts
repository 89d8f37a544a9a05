import type { PostgresPool, PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";
import { GatewayError } from "../../runtime/errors.ts";
import { withoutNul } from "../without-nul.ts";
import { statementError, unavailable } from "./postgres-errors.ts";

/** Bounds of the connections, in ms. */
const CONNECTION_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 5_000;
/** Beyond the server's own limit: met when the server has gone silent. */
const SILENCE = 2_000;
/** A transaction whose process hangs holds its locks no longer. */
const IDLE_TRANSACTION = 10_000;

/** OID of `bigint`, which the driver would give as text. Ours are below 2^53. */
const BIGINT = 20;

export interface PoolSettings {
  readonly url: string;
  readonly connections?: number;
  /** How long a statement may take, ms. */
  readonly statementTimeout?: number;
}

/**
 * Connections for Kysely whose failures are `STORE_UNAVAILABLE`. A connection that failed other than by a
 * statement's mistake is not used again. `end` waits for what has been asked for; whatever comes later rejects.
 */
export async function postgresPool(settings: PoolSettings): Promise<PostgresPool> {
  const pool = await openPool(settings);
  let users = 0;
  let ending: PromiseWithResolvers<void> | undefined;
  const leave = (): void => {
    users -= 1;
    if (users === 0) ending?.resolve();
  };
  return {
    async connect() {
      if (ending !== undefined) throw new GatewayError("STORE_UNAVAILABLE", "The store is closed");
      users += 1;
      try {
        return guarded(await pool.connect(), leave);
      } catch (error) {
        leave();
        throw unavailable(error);
      }
    },
    async end() {
      ending = Promise.withResolvers();
      if (users > 0) await ending.promise;
      await pool.end();
    },
  };
}

async function openPool({
  url,
  connections = 10,
  statementTimeout = STATEMENT_TIMEOUT,
}: PoolSettings): Promise<Pool> {
  const { Pool, types } = await import("pg");
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECTION_TIMEOUT,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + SILENCE,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION,
    keepAlive: true,
    application_name: "earshot",
    types: {
      getTypeParser: (oid: number, format?: "text" | "binary") =>
        oid === BIGINT && format !== "binary" ? Number : types.getTypeParser(oid, format as "text"),
    },
  });
  // Both are told of connections that break while nothing runs on them. The pool replaces those; unheard,
  // the events would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

function guarded(client: PoolClient, onRelease: () => void): PostgresPoolClient {
  let broken: Error | undefined;
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (broken !== undefined) throw broken;
    try {
      return await client.query(sql, withoutNul(parameters));
    } catch (error) {
      const failure = statementError(error);
      if (failure instanceof Error && lostConnection(error)) broken = failure;
      throw failure;
    }
  };
  return {
    query: query as PostgresPoolClient["query"],
    release() {
      client.release(broken);
      onRelease();
    },
  };
}

/** Whether nobody knows what the connection is doing: the server did not answer with an error of its own. */
function lostConnection(error: unknown): boolean {
  return !(error instanceof Error && "severity" in error && error.severity === "ERROR");
}

import { Kysely, PostgresDialect, sql } from "kysely";
import { GatewayError } from "../../runtime/errors.ts";
import { migrate } from "../migrate.ts";
import type { OpenedDatabase } from "../store-database.ts";
import type { Tables } from "../tables.ts";
import { reason } from "./postgres-errors.ts";
import { postgresPool } from "./postgres-pool.ts";

/** How long a step of a migration may take, and a process may wait for another one's, ms. */
const MIGRATION_TIMEOUT = 10 * 60_000;

/**
 * A PostgreSQL database, version 15 or later, that several processes may share.
 *
 * @throws GatewayError `CONFIG_INVALID` with one line for the operator, without the URL's password.
 */
export async function openPostgres(url: string): Promise<OpenedDatabase> {
  const place = placeOf(url);
  try {
    await migrateAlone(url);
    return await connect(url);
  } catch (error) {
    throw unusable(place, error);
  }
}

async function connect(url: string): Promise<OpenedDatabase> {
  const pool = await postgresPool({ url });
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await sql`select 1`.execute(kysely);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return { kysely, concurrent: true, close: () => pool.end() };
}

/** On a connection of its own, whose statements may take long. */
async function migrateAlone(url: string): Promise<void> {
  const pool = await postgresPool({ url, connections: 1, statementTimeout: MIGRATION_TIMEOUT });
  try {
    await migrate(new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }));
  } finally {
    await pool.end();
  }
}

/** What of the URL may be shown: host, port and database. */
function placeOf(url: string): string {
  const parts = /^postgres(?:ql)?:\/\//i.test(url) ? URL.parse(url) : null;
  if (parts === null) {
    throw new GatewayError(
      "CONFIG_INVALID",
      "DATABASE_URL is no PostgreSQL URL: it looks like postgresql://user:password@host:5432/database, with special characters in the password percent-encoded",
    );
  }
  return `${parts.host}${parts.pathname}`;
}

function unusable(place: string, error: unknown): GatewayError {
  if (error instanceof GatewayError && error.code === "CONFIG_INVALID") return error;
  const cause = error instanceof GatewayError ? error.cause : error;
  return new GatewayError(
    "CONFIG_INVALID",
    `DATABASE_URL: the database at ${place} cannot be used (${reason(cause)}): see that it runs and that address, database, user and password are right`,
    { cause },
  );
}

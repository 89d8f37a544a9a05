import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { migrate } from "../migrate.ts";
import type { OpenedDatabase } from "../store-database.ts";
import type { Tables } from "../tables.ts";
import { LastingDatabase } from "./lasting-database.ts";
import { SqliteDriver } from "./sqlite-driver.ts";

/** SQLite rolls definitions back as it does rows; so a migration happens as a whole, or not at all. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * SQLite in a thread of this process.
 *
 * @param dataDir `:memory:` keeps nothing.
 * @throws GatewayError `CONFIG_INVALID` with one line for the operator.
 */
export async function openEmbedded(dataDir: string, clock: Clock): Promise<OpenedDatabase> {
  const database = await LastingDatabase.open(clock, dataDir === ":memory:" ? {} : { directory: dataDir });
  const driver = new SqliteDriver(database);
  const kysely = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new TransactionalSqliteAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  const close = (): Promise<void> => driver.destroy();
  try {
    await migrate(kysely);
  } catch (error) {
    await close();
    throw notMigrated(dataDir, error);
  }
  return { kysely, concurrent: false, close };
}

function notMigrated(dataDir: string, error: unknown): GatewayError {
  if (error instanceof GatewayError && error.code === "CONFIG_INVALID") return error;
  return new GatewayError(
    "CONFIG_INVALID",
    `DATA_DIR "${dataDir}" has an earshot.sqlite that cannot be brought up to date (${(error as Error).message}): put a backup in its place, or move it away`,
    { cause: error },
  );
}

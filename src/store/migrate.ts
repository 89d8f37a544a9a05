import { type Kysely, Migrator } from "kysely";
import { GatewayError } from "../runtime/errors.ts";
import { migrations } from "./migrations/in-order.ts";
import type { Tables } from "./tables.ts";

/**
 * Brings the database to the tables of now. Every step that is missing runs, all in one transaction; processes
 * that start at the same time wait for one another.
 *
 * @throws GatewayError `CONFIG_INVALID` when a newer Earshot has been at the database; else what the database throws.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && error.message.startsWith("corrupted migrations")) {
    throw new GatewayError(
      "CONFIG_INVALID",
      "The database was written by another version of Earshot: start that version, or set another DATA_DIR or DATABASE_URL",
      { cause: error },
    );
  }
  throw error;
}

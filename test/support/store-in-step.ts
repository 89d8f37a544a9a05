import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import type { Clock } from "../../src/runtime/clock.ts";
import { migrate } from "../../src/store/migrate.ts";
import { type Store, storeOn } from "../../src/store/open-store.ts";
import type { Tables } from "../../src/store/tables.ts";

/**
 * A store that answers without waiting for anything, so that a manual clock never runs ahead of it. Several virtual
 * gateways share it as processes share a PostgreSQL, or have it one after another.
 */
export async function storeInStep(clock: Clock, kind: Store["kind"] = "postgres"): Promise<Store> {
  const database = new DatabaseSync(":memory:");
  const prepare = (text: string) => {
    const statement = database.prepare(text);
    const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
    return {
      reader: statement.columns().length > 0,
      all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
      run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
      iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
    };
  };
  const dialect = new SqliteDialect({ database: { prepare, close: () => database.close() } });
  const kysely = new Kysely<Tables>({ dialect });
  await migrate(kysely);
  const close = () => kysely.destroy();
  return storeOn({ kysely, concurrent: false, close }, kind, clock);
}

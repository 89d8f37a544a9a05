import type { DatabaseSync, StatementSync } from "node:sqlite";

export interface CachedStatement {
  readonly statement: StatementSync;
  /** Names of the columns; empty when it gives no rows. */
  readonly columns: readonly string[];
}

/** Prepared statements; beyond the bound, the one that was used longest ago is dropped. */
export class StatementCache {
  readonly #database: DatabaseSync;
  readonly #bound: number;
  readonly #statements = new Map<string, CachedStatement>();

  constructor(database: DatabaseSync, bound: number) {
    this.#database = database;
    this.#bound = bound;
  }

  get size(): number {
    return this.#statements.size;
  }

  /** The statement, prepared. Throws SQLite's error when it cannot be. */
  of(sql: string): CachedStatement {
    const cached = this.#statements.get(sql) ?? this.#prepare(sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, cached);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size > this.#bound && oldest !== undefined) this.#statements.delete(oldest);
    return cached;
  }

  #prepare(sql: string): CachedStatement {
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    return { statement, columns: statement.columns().map(({ name }) => name) };
  }
}

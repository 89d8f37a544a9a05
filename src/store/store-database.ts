import type { Kysely, Transaction } from "kysely";
import { GatewayError } from "../runtime/errors.ts";
import type { Tables } from "./tables.ts";

/** Tries of one transaction that the database gave up in favour of another. */
const TRIES = 5;

/** SQLSTATE of a transaction that was given up so that another could go on: serialization failure, deadlock. */
const YIELDED = ["40001", "40P01"];

/** An open database, whichever kind it is. */
export interface OpenedDatabase {
  readonly kysely: Kysely<Tables>;
  /** Whether several transactions run at once, so that rows read to be changed must be locked. */
  readonly concurrent: boolean;
  close(): Promise<void>;
}

/** What the stores share: queries, and transactions that are tried again when they had to yield. */
export class StoreDatabase {
  readonly kysely: Kysely<Tables>;
  readonly concurrent: boolean;

  constructor({ kysely, concurrent }: Pick<OpenedDatabase, "kysely" | "concurrent">) {
    this.kysely = kysely;
    this.concurrent = concurrent;
  }

  /** Everything that `run` does through the transaction happens, or nothing. `run` may be called again. */
  async transact<Result>(run: (transaction: Transaction<Tables>) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.kysely.transaction().execute(run);
      } catch (error) {
        if (tries === TRIES || !hadToYield(error)) throw error;
      }
    }
  }
}

function hadToYield(error: unknown): boolean {
  const cause = error instanceof GatewayError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && YIELDED.includes(String(cause.code));
}

import type { IdempotencyKeys, KeptAnswer, KeyClaim } from "../calls/idempotency-keys.ts";
import { GatewayError } from "../runtime/errors.ts";
import { living } from "./owners.ts";
import type { StoreDatabase } from "./store-database.ts";
import { wholeMs } from "./whole-ms.ts";

/** An owner that has not told for so long that it lives has died, ms. */
const OWNER_SILENT = 30_000;

/** Expired keys forgotten at one claim; more than one, so that they become fewer. */
const FORGOTTEN_AT_ONCE = 100;

/** Tries of one claim: each is lost only to another process that changed the same key in between. */
const TRIES = 10;

type ClaimRequest = Parameters<IdempotencyKeys["claim"]>[0];

export class SqlIdempotencyKeys implements IdempotencyKeys {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async claim(request: ClaimRequest): Promise<KeyClaim> {
    await this.#forgetExpired(request.expired);
    for (let tries = 1; tries <= TRIES; tries++) {
      if (await this.#insert(request)) return { state: "new" };
      const claim = await this.#claimExisting(request);
      if (claim !== undefined) return claim;
    }
    throw new GatewayError("STORE_UNAVAILABLE", "Others keep changing the idempotency key");
  }

  async settle(key: string, answer: KeptAnswer): Promise<void> {
    await this.#database.kysely
      .updateTable("idempotency_keys")
      .set({ status: answer.status, body: JSON.stringify(answer.body) })
      .where("key", "=", key)
      .execute();
  }

  async release(key: string): Promise<void> {
    await this.#database.kysely
      .deleteFrom("idempotency_keys")
      .where("key", "=", key)
      .where("status", "is", null)
      .execute();
  }

  async #insert({ key, fingerprint, owner, wall }: ClaimRequest): Promise<boolean> {
    const inserted = await this.#database.kysely
      .insertInto("idempotency_keys")
      .values({ key, fingerprint, owner, created_at: wholeMs(wall), status: null, body: null })
      .onConflict((conflict) => conflict.column("key").doNothing())
      .returning("key")
      .executeTakeFirst();
    return inserted !== undefined;
  }

  /** Undefined when the key has changed meanwhile, or was expired and is free now. */
  async #claimExisting(request: ClaimRequest): Promise<KeyClaim | undefined> {
    const { kysely } = this.#database;
    const kept = await kysely
      .selectFrom("idempotency_keys")
      .select(["fingerprint", "owner", "created_at", "status", "body"])
      .select((eb) =>
        eb("owner", "in", living(kysely, request.wall - OWNER_SILENT))
          .$castTo<unknown>()
          .as("alive"),
      )
      .where("key", "=", request.key)
      .executeTakeFirst();
    if (kept === undefined) return undefined;
    if (kept.created_at < request.expired) return this.#forget(request.key, kept.created_at);
    if (kept.fingerprint !== request.fingerprint) return { state: "mismatch" };
    if (kept.status !== null && kept.body !== null) {
      const body = JSON.parse(kept.body) as KeptAnswer["body"];
      return { state: "answered", answer: { status: kept.status, body } };
    }
    return kept.owner === request.owner || isTrue(kept.alive) ? { state: "busy" } : { state: "lost" };
  }

  async #forget(key: string, createdAt: number): Promise<undefined> {
    await this.#database.kysely
      .deleteFrom("idempotency_keys")
      .where("key", "=", key)
      .where("created_at", "=", createdAt)
      .execute();
  }

  async #forgetExpired(expired: number): Promise<void> {
    await this.#database.kysely
      .deleteFrom("idempotency_keys")
      .where("key", "in", (eb) =>
        eb
          .selectFrom("idempotency_keys")
          .select("key")
          .where("created_at", "<", wholeMs(expired))
          .orderBy("created_at")
          .limit(FORGOTTEN_AT_ONCE)
          .$if(this.#database.concurrent, (query) => query.forUpdate().skipLocked()),
      )
      .execute();
  }
}

/** A condition's value: PostgreSQL answers a boolean, SQLite 0 or 1. */
function isTrue(value: unknown): boolean {
  return value === true || value === 1;
}

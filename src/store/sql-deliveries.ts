import type { Kysely, Transaction } from "kysely";
import type { Deliveries, Delivery, NewDelivery, TakenDelivery } from "../calls/deliveries.ts";
import { chunks } from "./chunks.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { Tables } from "./tables.ts";
import { wholeMs } from "./whole-ms.ts";

const deliveryColumns = [
  "id",
  "kind",
  "session_id as sessionId",
  "created_at as createdAt",
  "state",
  "attempts",
  "due_at as dueAt",
  "last_problem as lastProblem",
  "delivered_at as deliveredAt",
] as const;

/** Writes what is owed; what is there already, by its id or as its call's, stays as it is. */
export async function saveDeliveries(
  transaction: Transaction<Tables>,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  const inOrder = [...deliveries].sort((a, b) => a.sessionId - b.sessionId);
  for (const chunk of chunks(inOrder)) {
    await transaction
      .insertInto("deliveries")
      .values(
        chunk.map(({ id, kind, sessionId, body, createdAt }) => ({
          id,
          kind,
          session_id: sessionId,
          body,
          created_at: wholeMs(createdAt),
          state: "owed" as const,
          attempts: 0,
          owed_since: wholeMs(createdAt),
          due_at: wholeMs(createdAt),
          not_before: 0,
          lease_owner: null,
          lease_until: null,
          last_problem: null,
          delivered_at: null,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export class SqlDeliveries implements Deliveries {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async take(request: Parameters<Deliveries["take"]>[0]): Promise<readonly TakenDelivery[]> {
    const { owner, wall, leaseUntil, most } = request;
    if ((await due(this.#kysely, owner, wall, 1).execute()).length === 0) return []; // the usual case writes nothing
    const taken = await this.#database.transact((transaction) =>
      transaction
        .updateTable("deliveries")
        .set((eb) => ({
          attempts: eb("attempts", "+", 1),
          lease_owner: owner,
          lease_until: wholeMs(leaseUntil),
        }))
        .where("id", "in", () =>
          due(transaction, owner, wall, most).$if(this.#database.concurrent, (query) =>
            query.forUpdate().skipLocked(),
          ),
        )
        .returning([
          "id",
          "kind",
          "session_id as sessionId",
          "body",
          "created_at as createdAt",
          "attempts",
          "owed_since as owedSince",
        ])
        .execute(),
    );
    return taken.sort((a, b) => a.createdAt - b.createdAt || a.sessionId - b.sessionId);
  }

  async delivered(id: string, wall: number): Promise<void> {
    await this.#kysely
      .updateTable("deliveries")
      .set({
        state: "delivered",
        delivered_at: wholeMs(wall),
        last_problem: null,
        lease_owner: null,
        lease_until: null,
      })
      .where("id", "=", id)
      .execute();
  }

  async retry(id: string, owner: string, again: Parameters<Deliveries["retry"]>[2]): Promise<void> {
    const notBefore = wholeMs(again.notBefore ?? 0);
    const dueAt = Math.max(wholeMs(again.dueAt), notBefore);
    await this.#failed(id, owner, { due_at: dueAt, not_before: notBefore, last_problem: again.problem });
  }

  async hasten(wall: number): Promise<void> {
    const now = wholeMs(wall);
    await this.#kysely
      .updateTable("deliveries")
      .set((eb) => ({
        due_at: eb.case().when("not_before", ">", now).then(eb.ref("not_before")).else(now).end(),
      }))
      .where("state", "=", "owed")
      .where("due_at", ">", now)
      .execute();
  }

  async park(id: string, owner: string, problem: string): Promise<void> {
    await this.#failed(id, owner, { state: "parked", last_problem: problem });
  }

  async page({ state, offset, limit }: Parameters<Deliveries["page"]>[0]) {
    const rows = this.#kysely
      .selectFrom("deliveries")
      .$if(state !== undefined, (query) => query.where("state", "=", state ?? "owed"));
    const [deliveries, { total }] = await Promise.all([
      rows
        .select(deliveryColumns)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .offset(offset)
        .limit(limit)
        .execute(),
      rows.select((eb) => eb.fn.countAll<number>().as("total")).executeTakeFirstOrThrow(),
    ]);
    return { deliveries, total: Number(total) };
  }

  async find(id: string): Promise<Delivery | undefined> {
    return this.#kysely
      .selectFrom("deliveries")
      .select(deliveryColumns)
      .where("id", "=", id)
      .executeTakeFirst();
  }

  async resend(id: string, wall: number): Promise<Delivery | undefined> {
    return this.#kysely
      .updateTable("deliveries")
      .set({
        state: "owed",
        attempts: 0,
        owed_since: wholeMs(wall),
        due_at: wholeMs(wall),
        not_before: 0,
        lease_owner: null,
        lease_until: null,
        delivered_at: null,
      })
      .where("id", "=", id)
      .returning(deliveryColumns)
      .executeTakeFirst();
  }

  async counts(): Promise<Readonly<Record<"owed" | "parked", number>>> {
    const rows = await this.#kysely
      .selectFrom("deliveries")
      .select((eb) => ["state", eb.fn.countAll<number>().as("count")])
      .where("state", "in", ["owed", "parked"])
      .groupBy("state")
      .execute();
    const of = (wanted: "owed" | "parked") => Number(rows.find(({ state }) => state === wanted)?.count ?? 0);
    return { owed: of("owed"), parked: of("parked") };
  }

  async purge(deliveredBefore: number): Promise<number> {
    const gone = await this.#kysely
      .deleteFrom("deliveries")
      .where("state", "=", "delivered")
      .where("delivered_at", "<", wholeMs(deliveredBefore))
      .executeTakeFirst();
    return Number(gone.numDeletedRows);
  }

  async #failed(
    id: string,
    owner: string,
    change: Partial<Pick<Tables["deliveries"], "state" | "due_at" | "not_before" | "last_problem">>,
  ): Promise<void> {
    await this.#kysely
      .updateTable("deliveries")
      .set({ ...change, lease_owner: null, lease_until: null })
      .where("id", "=", id)
      .where("state", "=", "owed")
      .where("lease_owner", "=", owner)
      .execute();
  }

  get #kysely(): Kysely<Tables> {
    return this.#database.kysely;
  }
}

/** The ids of those that are due and that nobody living is at work on. */
function due(db: Kysely<Tables>, owner: string, wall: number, most: number) {
  return db
    .selectFrom("deliveries")
    .select("id")
    .where("state", "=", "owed")
    .where("due_at", "<=", wholeMs(wall))
    .where((eb) =>
      eb.or([
        eb("lease_until", "is", null),
        eb("lease_until", "<=", wholeMs(wall)),
        eb.and([
          eb("lease_owner", "!=", owner),
          eb("lease_owner", "not in", eb.selectFrom("owners").select("owners.owner")),
        ]),
      ]),
    )
    .orderBy("due_at")
    .orderBy("id")
    .limit(most);
}

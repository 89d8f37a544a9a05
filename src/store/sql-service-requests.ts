import type { ServiceRequest, ServiceRequests } from "../calls/service-requests.ts";
import type { Clock } from "../runtime/clock.ts";
import { takeNumbers } from "./sequences.ts";
import type { StoreDatabase } from "./store-database.ts";
import { wholeMs } from "./whole-ms.ts";

/** The first reference; short enough to be said, long enough to be taken for one. */
const FIRST_REFERENCE = 1001;

/** References are rising numbers; none is given twice. */
export class SqlServiceRequests implements ServiceRequests {
  readonly #database: StoreDatabase;
  readonly #clock: Clock;

  constructor(database: StoreDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  keep({ sessionId, kind, description, urgency }: ServiceRequest): Promise<{ readonly reference: string }> {
    const createdAt = wholeMs(this.#clock.wall());
    return this.#database.transact(async (transaction) => {
      const reference = await takeNumbers(transaction, "service-request", 1, FIRST_REFERENCE);
      await transaction
        .insertInto("service_requests")
        .values({ reference, session_id: sessionId, kind, description, urgency, created_at: createdAt })
        .execute();
      return { reference: String(reference) };
    });
  }

  async ofCall(sessionId: number): Promise<readonly (ServiceRequest & { readonly reference: string })[]> {
    const rows = await this.#database.kysely
      .selectFrom("service_requests")
      .select(["reference", "session_id as sessionId", "kind", "description", "urgency"])
      .where("session_id", "=", sessionId)
      .orderBy("reference")
      .execute();
    return rows.map((row) => ({ ...row, reference: String(row.reference) }));
  }
}

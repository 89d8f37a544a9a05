import { sql } from "kysely";
import type { Batches } from "../calls/batches.ts";
import type { CallStore } from "../calls/call-store.ts";
import type { LeftReports } from "../calls/carrier-reports.ts";
import type { Customers } from "../calls/customers.ts";
import type { Deliveries } from "../calls/deliveries.ts";
import type { ErasureStore } from "../calls/erasure.ts";
import type { IdempotencyKeys } from "../calls/idempotency-keys.ts";
import type { ServiceRequests } from "../calls/service-requests.ts";
import type { Clock } from "../runtime/clock.ts";
import { openEmbedded } from "./embedded/open-embedded.ts";
import { openPostgres } from "./postgres/open-postgres.ts";
import { SqlBatches } from "./sql-batches.ts";
import { SqlCallStore } from "./sql-call-store.ts";
import { SqlCustomers } from "./sql-customers.ts";
import { SqlDeliveries } from "./sql-deliveries.ts";
import { SqlErasure } from "./sql-erasure.ts";
import { SqlIdempotencyKeys } from "./sql-idempotency-keys.ts";
import { SqlLeftReports } from "./sql-left-reports.ts";
import { SqlServiceRequests } from "./sql-service-requests.ts";
import { type OpenedDatabase, StoreDatabase } from "./store-database.ts";

/** The durable truth. Everything in it rejects with `STORE_UNAVAILABLE` while the database cannot be reached. */
export interface Store {
  readonly kind: "embedded" | "postgres";
  readonly calls: CallStore;
  readonly customers: Customers;
  readonly serviceRequests: ServiceRequests;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly batches: Batches;
  readonly erasure: ErasureStore;
  readonly deliveries: Deliveries;
  readonly leftReports: LeftReports;
  /** Rejects with `STORE_UNAVAILABLE` when the database cannot be reached. */
  check(): Promise<void>;
  /** What has been asked for is finished; whatever is asked later rejects. Again: the same promise. */
  close(): Promise<void>;
}

/**
 * Opens the store and brings its tables up to date.
 *
 * @param options.databaseUrl of a PostgreSQL database, which several processes may share; unset: embedded.
 * @param options.dataDir where the embedded database is kept, by one process at a time; made when missing.
 *   `:memory:` keeps nothing beyond the process.
 * @throws GatewayError `CONFIG_INVALID` with one line for the operator.
 */
export async function openStore({
  databaseUrl,
  dataDir,
  clock,
}: {
  readonly databaseUrl?: string | undefined;
  readonly dataDir: string;
  readonly clock: Clock;
}): Promise<Store> {
  const opened =
    databaseUrl === undefined ? await openEmbedded(dataDir, clock) : await openPostgres(databaseUrl);
  return storeOn(opened, databaseUrl === undefined ? "embedded" : "postgres", clock);
}

/** The store in an open database. */
export function storeOn(opened: OpenedDatabase, kind: Store["kind"], clock: Clock): Store {
  const database = new StoreDatabase(opened);
  let closed: Promise<void> | undefined;
  return {
    kind,
    calls: new SqlCallStore(database),
    customers: new SqlCustomers(database),
    serviceRequests: new SqlServiceRequests(database, clock),
    idempotencyKeys: new SqlIdempotencyKeys(database),
    batches: new SqlBatches(database),
    erasure: new SqlErasure(database),
    deliveries: new SqlDeliveries(database),
    leftReports: new SqlLeftReports(database),
    async check() {
      await sql`select 1`.execute(database.kysely);
    },
    close() {
      closed ??= opened.close();
      return closed;
    },
  };
}

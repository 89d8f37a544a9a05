import type { Migration } from "kysely";
import * as calls from "./0001-calls.ts";
import * as customers from "./0002-customers.ts";
import * as serviceRequests from "./0003-service-requests.ts";
import * as idempotencyKeys from "./0004-idempotency-keys.ts";
import * as batches from "./0005-batches.ts";
import * as deliveries from "./0006-deliveries.ts";
import * as turns from "./0007-turns.ts";
import * as analytics from "./0009-analytics.ts";
import * as conversations from "./0010-conversations.ts";
import * as carrierReports from "./0011-carrier-reports.ts";

/**
 * Every step from an empty database to the tables of now, by the name that the database remembers it by.
 * Names rise; a step that has been released is never changed. There is no way back.
 */
export const migrations: Record<string, Migration> = {
  "0001-calls": calls,
  "0002-customers": customers,
  "0003-service-requests": serviceRequests,
  "0004-idempotency-keys": idempotencyKeys,
  "0005-batches": batches,
  "0006-deliveries": deliveries,
  "0007-turns": turns,
  "0009-analytics": analytics,
  "0010-conversations": conversations,
  "0011-carrier-reports": carrierReports,
};

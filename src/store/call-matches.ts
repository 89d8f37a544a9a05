import type { Expression, ExpressionBuilder, SqlBool } from "kysely";
import type { CallQuery } from "../calls/call-store.ts";
import { searchable } from "./call-rows.ts";
import type { Tables } from "./tables.ts";

/** The condition that a call matches the query, its page aside. */
export function matching(query: CallQuery): (eb: ExpressionBuilder<Tables, "calls">) => Expression<SqlBool> {
  const { direction, active, status, phone, customerId } = query;
  return (eb) => {
    const conditions: Expression<SqlBool>[] = [];
    if (direction !== undefined) conditions.push(eb("direction", "=", direction));
    if (active === true) conditions.push(eb("ended_at", "is", null));
    if (active === false) conditions.push(eb("ended_at", "is not", null));
    if (status !== undefined) conditions.push(eb("status", "=", status));
    if (phone !== undefined) conditions.push(eb("phone", "=", searchable(phone)));
    if (customerId !== undefined) conditions.push(eb("customer_id", "=", customerId));
    return eb.and(conditions);
  };
}

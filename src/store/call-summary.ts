import { type Kysely, sql } from "kysely";
import type { CallSummary, Span } from "../calls/call-summary.ts";
import type { Tables } from "./tables.ts";
import { wholeMs } from "./whole-ms.ts";

const duration = sql<
  number | null
>`cast(avg(case when answered_at is null or ended_at is null then null when ended_at > answered_at then ended_at - answered_at else 0 end) as double precision)`;

/** See {@link CallStore.summary}. One pass over the index `calls_summary`. */
export async function summarise(db: Kysely<Tables>, { since, until }: Span): Promise<CallSummary> {
  const row = await db
    .selectFrom("calls")
    .select((eb) => {
      const count = eb.fn.countAll<number>();
      const ended = count.filterWhere("ended_at", "is not", null);
      return [
        count.filterWhere("direction", "=", "inbound").as("inbound"),
        count.filterWhere("direction", "=", "outbound").as("outbound"),
        ended.as("ended"),
        ended.filterWhere("status", "=", "completed").as("completed"),
        ended.filterWhere("transfer_count", ">", 0).as("transferred"),
        duration.as("averageDuration"),
        count.filterWhere("sentiment", "=", "positive").as("positive"),
        count.filterWhere("sentiment", "=", "neutral").as("neutral"),
        count.filterWhere("sentiment", "=", "negative").as("negative"),
      ];
    })
    .where("created_at", ">=", wholeMs(since))
    .where("created_at", "<", wholeMs(until))
    .executeTakeFirstOrThrow();
  const { averageDuration, positive, neutral, negative, ...counts } = row;
  return {
    ...counts,
    averageDuration: averageDuration ?? 0,
    sentiments: { positive, neutral, negative },
  };
}

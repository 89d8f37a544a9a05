import { type Static, Type } from "typebox";
import { MOST_ROWS } from "../../calls/batch-desk.ts";
import type { BatchSettings, NewBatch } from "../../calls/batches.ts";
import { boundedMetadata, lineFields, orderFields } from "./call-order.ts";
import { callingHours, knownTimezone } from "./calling-hours.ts";
import { phoneNumber } from "./phone-number.ts";

const retries = Type.Integer({ minimum: 0, maximum: 10, default: 0 });

/** Many calls, and how they are placed. */
export const batchOrder = Type.Object(
  {
    calls: Type.Array(Type.Object({ to_number: phoneNumber("Who is called"), ...orderFields }), {
      minItems: 1,
      maxItems: MOST_ROWS,
    }),
    ...lineFields,
    delay_seconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 3_600,
        default: 0,
        description: "Between the placing of one call and the next; 0: as fast as lines are free",
      }),
    ),
    retries: Type.Optional(
      Type.Object(
        { busy: Type.Optional(retries), no_answer: Type.Optional(retries) },
        { description: "How often a number is called again after each of these outcomes" },
      ),
    ),
    retry_delay_seconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 86_400,
        default: 300,
        description: "From the end of a call to the next to the same number",
      }),
    ),
    calling_hours: Type.Optional(callingHours),
  },
  {
    examples: [
      {
        calls: [
          { to_number: "+1234567890", metadata: { name: "John Doe", account: "ACC001" } },
          { to_number: "+0987654321", metadata: { name: "Jane Smith", account: "ACC002" } },
        ],
        from_number: "+15183171307",
        trunk_id: "ST_SXWwu7ArVEYE",
        delay_seconds: 2,
      },
    ],
  },
);

type BatchOrder = Static<typeof batchOrder>;

/** @param ownNumber calls come from it unless the order says otherwise. Throws `BAD_REQUEST`. */
export function settingsOf(order: BatchOrder, ownNumber: string): BatchSettings {
  const { calling_hours: hours, delay_seconds = 0, retry_delay_seconds = 300 } = order;
  if (hours !== undefined) knownTimezone(hours.timezone);
  return {
    from: order.from_number ?? ownNumber,
    trunkId: order.trunk_id ?? null,
    delay: Math.round(delay_seconds * 1000),
    machineDetection: order.machine_detection ?? false,
    retries: { busy: order.retries?.busy ?? 0, noAnswer: order.retries?.no_answer ?? 0 },
    retryDelay: Math.round(retry_delay_seconds * 1000),
    ...(hours !== undefined && { hours }),
  };
}

/** The numbers, in their order. Throws `BAD_REQUEST`. */
export function rowsOf({ calls }: BatchOrder): NewBatch["rows"] {
  return calls.map(({ to_number: to, customer_id, metadata }, at) => ({
    index: at + 1,
    to,
    customerId: customer_id ?? null,
    metadata: boundedMetadata(metadata, `calls.${at}.metadata`),
  }));
}

import { randomUUID } from "node:crypto";
import type { CarrierReport, LeftReports } from "../calls/carrier-reports.ts";
import { chunks } from "./chunks.ts";
import type { StoreDatabase } from "./store-database.ts";
import { wholeMs } from "./whole-ms.ts";

export class SqlLeftReports implements LeftReports {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async leave(report: CarrierReport, sessionId: number | undefined, wall: number): Promise<void> {
    await this.#database.transact(async (transaction) => {
      const call = await transaction
        .selectFrom("calls")
        .select("session_id")
        .where("ended_at", "is", null)
        .where((eb) =>
          eb.or([
            eb("sip_call_id", "=", report.sipCallId),
            eb.and([eb("session_id", "=", sessionId ?? 0), eb("sip_call_id", "is", null)]),
          ]),
        )
        .orderBy("created_at", "desc")
        .orderBy("session_id", "desc")
        .limit(1)
        .executeTakeFirst();
      if (call === undefined) return;
      const left = { id: randomUUID(), left_at: wholeMs(wall), report: JSON.stringify(report) };
      await transaction
        .insertInto("carrier_reports")
        .values({ ...left, session_id: call.session_id })
        .execute();
    });
  }

  async fetch(
    sessionIds: readonly number[],
  ): Promise<readonly (CarrierReport & { readonly sessionId: number })[]> {
    const rows: { session_id: number; left_at: number; report: string }[] = [];
    for (const chunk of chunks(sessionIds)) {
      const fetched = await this.#database.kysely
        .deleteFrom("carrier_reports")
        .where("session_id", "in", chunk)
        .returning(["session_id", "left_at", "report"])
        .execute();
      rows.push(...fetched);
    }
    return rows
      .sort((a, b) => a.left_at - b.left_at)
      .map(({ session_id, report }) => ({
        ...(JSON.parse(report) as CarrierReport),
        sessionId: session_id,
      }));
  }
}

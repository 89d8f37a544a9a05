import { randomUUID } from "node:crypto";
import type { CarrierReport, LeftReport, LeftReports } from "../calls/carrier-reports.ts";
import { chunks } from "./chunks.ts";
import type { StoreDatabase } from "./store-database.ts";
import { wholeMs } from "./whole-ms.ts";

export class SqlLeftReports implements LeftReports {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** The calls' rows are locked, so that none of them ends meanwhile and leaves its report behind. */
  async leave(report: CarrierReport, sessionId: number | undefined, wall: number): Promise<void> {
    await this.#database.transact(async (transaction) => {
      const open = transaction
        .selectFrom("calls")
        .select("session_id")
        .where("ended_at", "is", null)
        .where((eb) =>
          eb.or([
            eb("sip_call_id", "=", report.sipCallId),
            eb.and([eb("session_id", "=", sessionId ?? 0), eb("sip_call_id", "is", null)]),
          ]),
        )
        .orderBy("session_id");
      const calls = await (this.#database.concurrent ? open.forUpdate() : open).execute();
      const left = { left_at: wholeMs(wall), report: JSON.stringify(report) };
      for (const { session_id } of calls)
        await transaction
          .insertInto("carrier_reports")
          .values({ id: randomUUID(), session_id, ...left })
          .execute();
      await transaction
        .deleteFrom("carrier_reports")
        .where("left_at", "<", wholeMs(wall - KEPT))
        .execute();
    });
  }

  async on(owner: string): Promise<readonly LeftReport[]> {
    const rows = await this.#database.kysely
      .selectFrom("carrier_reports")
      .innerJoin("calls", "calls.session_id", "carrier_reports.session_id")
      .select([
        "carrier_reports.id as id",
        "carrier_reports.session_id as sessionId",
        "carrier_reports.left_at as at",
        "carrier_reports.report as report",
      ])
      .where("calls.owner", "=", owner)
      .orderBy("carrier_reports.left_at")
      .execute();
    return rows.map((row) => ({ ...row, report: JSON.parse(row.report) as CarrierReport }));
  }

  async done(ids: readonly string[]): Promise<void> {
    for (const chunk of chunks(ids))
      await this.#database.kysely.deleteFrom("carrier_reports").where("id", "in", chunk).execute();
  }
}

/** A report that nobody has looked at for so long, in ms, is of no use to anybody: a day. */
const KEPT = 24 * 3_600_000;

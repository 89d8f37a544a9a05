import { sql } from "kysely";
import type {
  CallChanges,
  CallPage,
  CallQuery,
  CallStore,
  CallWindow,
  SequenceName,
  StoredCall,
  StoredEntry,
  StoredMilestone,
  TakenCall,
  Takeover,
} from "../calls/call-store.ts";
import type { CallSummary, Span } from "../calls/call-summary.ts";
import type { TurnRecord } from "../calls/turn-record.ts";
import { matching } from "./call-matches.ts";
import { callColumns, entryColumns, toCall, toEntry } from "./call-rows.ts";
import { summarise } from "./call-summary.ts";
import { adopting, beat, forget, living, othersTakeCalls } from "./owners.ts";
import { saveCallChanges } from "./save-call-changes.ts";
import { takeNumbers } from "./sequences.ts";
import type { StoreDatabase } from "./store-database.ts";
import { foreign, resumable, takeOver } from "./take-over.ts";
import { wholeMs } from "./whole-ms.ts";

export class SqlCallStore implements CallStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  reserve(sequence: SequenceName, count: number): Promise<number> {
    return takeNumbers(this.#database.kysely, sequence, count);
  }

  save(changes: CallChanges, owner: string): Promise<readonly number[]> {
    return this.#database.transact((transaction) =>
      saveCallChanges(this.#database, transaction, changes, owner),
    );
  }

  async call(sessionId: number): Promise<StoredCall | undefined> {
    const row = await this.#calls.where("session_id", "=", sessionId).executeTakeFirst();
    return row && toCall(row);
  }

  async callBySipCallId(sipCallId: string): Promise<StoredCall | undefined> {
    const row = await this.#calls
      .where("sip_call_id", "=", sipCallId)
      .orderBy("created_at", "desc")
      .orderBy("session_id", "desc")
      .limit(1)
      .executeTakeFirst();
    return row && toCall(row);
  }

  async calls(query: CallQuery): Promise<CallPage> {
    const matches = matching(query);
    const rows = await this.#calls
      .where(matches)
      .orderBy("created_at", "desc")
      .orderBy("session_id", "desc")
      .limit(query.limit)
      .offset(query.offset)
      .execute();
    const calls = rows.map(toCall);
    const isLastPage = calls.length < query.limit && (calls.length > 0 || query.offset === 0);
    if (isLastPage) return { calls, total: query.offset + calls.length };
    const { total } = await this.#database.kysely
      .selectFrom("calls")
      .select((eb) => eb.fn.countAll<number>().as("total"))
      .where(matches)
      .executeTakeFirstOrThrow();
    return { calls, total };
  }

  async transcript(sessionId: number): Promise<readonly StoredEntry[]> {
    const rows = await this.#database.kysely
      .selectFrom("transcript_entries")
      .select(entryColumns)
      .where("session_id", "=", sessionId)
      .where("text", "!=", "")
      .orderBy("id")
      .execute();
    return rows.map(toEntry);
  }

  async turns(sessionId: number): Promise<readonly TurnRecord[]> {
    const rows = await this.#database.kysely
      .selectFrom("turn_records")
      .select("record")
      .where("session_id", "=", sessionId)
      .orderBy("turn")
      .execute();
    return rows.map(({ record }) => JSON.parse(record) as TurnRecord);
  }

  milestones(after: number, limit: number): Promise<readonly StoredMilestone[]> {
    return this.#database.kysely
      .selectFrom("milestones")
      .select(["id", "event", "session_id as sessionId", "room_name as roomName", "timestamp"])
      .where("id", ">", after)
      .orderBy("id")
      .limit(limit)
      .execute();
  }

  async window(since: number): Promise<CallWindow> {
    const { averageDuration, ...counts } = await this.#database.kysely
      .selectNoFrom((eb) => {
        const calls = eb.selectFrom("calls");
        const count = calls.select((one) => one.fn.countAll<number>().as("count"));
        const created = count.where("created_at", ">=", wholeMs(since));
        const duration = sql<number>`cast(avg(case when ended_at > answered_at then ended_at - answered_at else 0 end) as double precision)`;
        return [
          created.where("direction", "=", "outbound").as("initiated"),
          created.where("direction", "=", "inbound").as("received"),
          count.where("ended_at", "is", null).as("active"),
          calls
            .select(duration.as("average"))
            .where("ended_at", ">=", wholeMs(since))
            .where("answered_at", "is not", null)
            .as("averageDuration"),
        ];
      })
      .executeTakeFirstOrThrow();
    return {
      initiated: counts.initiated ?? 0,
      received: counts.received ?? 0,
      active: counts.active ?? 0,
      averageDuration: averageDuration ?? 0,
    };
  }

  summary(span: Span): Promise<CallSummary> {
    return summarise(this.#database.kysely, span);
  }

  beat(owner: string, wall: number, takesCalls = true): Promise<void> {
    return beat(this.#database.kysely, owner, wall, takesCalls);
  }

  othersTakeCalls(owner: string, since: number): Promise<boolean> {
    return othersTakeCalls(this.#database.kysely, owner, since);
  }

  leave(owner: string): Promise<void> {
    return forget(this.#database.kysely, owner);
  }

  adopt(taker: string, before: number): Promise<readonly StoredCall[]> {
    return adopting(this.#database, taker, before, async (transaction) => {
      const rows = await transaction
        .updateTable("calls")
        .set({ owner: taker })
        .where("ended_at", "is", null)
        .where("owner", "!=", taker)
        .where("owner", "not in", living(transaction, before))
        .returning(callColumns)
        .execute();
      return rows.map(toCall).sort((a, b) => a.sessionId - b.sessionId);
    });
  }

  takeOver(which: Takeover, taker: string): Promise<TakenCall | undefined> {
    return this.#database.transact((transaction) => takeOver(this.#database, transaction, which, taker));
  }

  resumable(sessionIds: readonly number[]): Promise<readonly number[]> {
    return resumable(this.#database.kysely, sessionIds);
  }

  foreign(sessionIds: readonly number[], owner: string): Promise<readonly number[]> {
    return foreign(this.#database.kysely, sessionIds, owner);
  }

  get #calls() {
    return this.#database.kysely.selectFrom("calls").select(callColumns);
  }
}

import type { Cancel, Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";
import type { Batches, BatchRow } from "./batches.ts";
import { isEnding } from "./call-lifecycle.ts";
import type { CallStore, StoredCall } from "./call-store.ts";
import type { Carrier, CarrierCall, CarrierStatus } from "./carrier.ts";
import type { LeftReports } from "./carrier-reports.ts";
import type { NewDelivery } from "./deliveries.ts";

export interface RecoveryOptions {
  readonly store: CallStore;
  /** What the carrier has told other processes. */
  readonly reports: Pick<LeftReports, "on">;
  readonly batches: Batches;
  readonly carrierOf: (name: string) => Carrier | undefined;
  /** Goes on with an outbound call that nobody has answered yet, as the carrier still has it; false when it cannot. */
  readonly resume: (call: StoredCall, status: CarrierStatus) => boolean;
  /** Whether the call goes on in this process. */
  readonly isHere: (sessionId: number) => boolean;
  /** Tells of the end of a call that is settled. */
  readonly settled: (call: StoredCall) => void;
  /** What is owed to others for a call that is settled: written with its end, in one transaction. */
  readonly owedFor?: (call: StoredCall) => Promise<readonly NewDelivery[]>;
  /** This process. */
  readonly owner: string;
  /** Whether nobody else can be using the store: every other owner is dead. */
  readonly alone: boolean;
  /** For how long the store has heard every heartbeat of this process, in ms. */
  readonly heardFor: () => number;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** How long after its last heartbeat a process counts as dead, in ms: four of them. */
const DEAD_AFTER = 20_000;

/**
 * How long the store must have heard this process before it takes others for dead, in ms: three heartbeats. After an
 * outage of the store nobody has been heard, and the living need time to be.
 */
const OTHERS_HEARD_WITHIN = 15_000;

/** Between two looks for what others have left, in ms. */
const ROUND = 5_000;

/** How long the carrier may take to come back with a call whose process died, in ms. */
const RETURN_LIMIT = 15_000;

/** The same where it comes with the caller's words: the agent's are to be said first, and the caller may take time. */
const WORDS_LIMIT = 90_000;

/** The clocks of the carrier and ours may differ by so much, in ms. */
const SKEW = 5_000;

/**
 * Settles what a process that died has left open: its calls, and the rows of batches of which it is not known
 * whether the carrier was told to dial. The carrier decides: a call that it knows was placed, one that it does
 * not know was not.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #stopped = new AbortController();
  /** Taken over and not settled yet: a carrier or a store that is away keeps them here for the next round. */
  #rows: readonly BatchRow[] = [];
  #calls: readonly StoredCall[] = [];
  readonly #late: StoredCall[] = [];
  /** Until when the carrier may come back with a call, Unix ms, by session. */
  readonly #returning = new Map<number, number>();
  #cancelRound: Cancel | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Settles what others have left: now, and ever after. Resolves after the first round, whatever came of it. */
  start(): Promise<void> {
    this.#working = this.#round()
      .catch(this.#options.onError)
      .finally(() => {
        if (this.#stopped.signal.aborted) return;
        this.#cancelRound = this.#options.clock.after(ROUND, () => void this.start());
      });
    return this.#working;
  }

  /** What is not settled is left to the next process. */
  async close(): Promise<void> {
    this.#stopped.abort();
    this.#cancelRound?.();
    await this.#working;
  }

  async #round(): Promise<void> {
    const adopted = await this.#adopt();
    const { isHere } = this.#options;
    const late = this.#late.splice(0);
    this.#calls = [...this.#calls, ...late, ...adopted].filter(({ sessionId }) => !isHere(sessionId));
    const open = new Map(this.#calls.map((call) => [call.sessionId, call]));
    const ends = await this.#endsOf(open);
    const ofRows = new Set(this.#rows.map(({ sessionId }) => sessionId));
    const leftRows: BatchRow[] = [];
    for (const row of this.#rows) {
      const call = row.sessionId === null ? undefined : open.get(row.sessionId);
      if (!(await this.#settles(() => this.#settleRow(row, call)))) leftRows.push(row);
    }
    const ofLeftRows = new Set(leftRows.map(({ sessionId }) => sessionId));
    const leftCalls: StoredCall[] = [];
    for (const call of this.#calls) {
      const ended = ends.get(call.sessionId);
      if (ended !== undefined && (await this.#settles(() => this.#close(ended)))) continue;
      if (this.#mayReturn(call)) {
        leftCalls.push(call);
        continue;
      }
      const ofRow = ofRows.has(call.sessionId);
      const settled = ofRow
        ? !ofLeftRows.has(call.sessionId)
        : await this.#settles(() => this.#settleCall(call));
      if (!settled) leftCalls.push(call);
    }
    for (const sessionId of this.#returning.keys())
      if (!leftCalls.some((call) => call.sessionId === sessionId)) this.#returning.delete(sessionId);
    this.#rows = leftRows;
    this.#calls = leftCalls;
  }

  /** A call that is this process's by now, and that nobody goes on with: to be settled in the next round. */
  add(call: StoredCall): void {
    this.#late.push(call);
  }

  /** Calls of which a conversation is kept are given time: their media socket has gone with the process. */
  async #adopt(): Promise<readonly StoredCall[]> {
    const { batches, store, owner, alone, heardFor, clock } = this.#options;
    if (!alone && heardFor() < OTHERS_HEARD_WITHIN) return [];
    const deadline = alone ? clock.wall() : clock.wall() - DEAD_AFTER;
    this.#rows = [...this.#rows, ...(await batches.adopt(owner, deadline))];
    const adopted = await store.adopt(owner, deadline);
    const resumable = new Set(await store.resumable(adopted.map(({ sessionId }) => sessionId)));
    for (const { sessionId, media } of adopted) {
      const limit = media === "gather" ? WORDS_LIMIT : RETURN_LIMIT;
      if (resumable.has(sessionId)) this.#returning.set(sessionId, clock.wall() + limit);
    }
    return adopted;
  }

  /** Answered calls of which the carrier has told another process that they are over, as they ended. */
  async #endsOf(open: ReadonlyMap<number, StoredCall>): Promise<ReadonlyMap<number, StoredCall>> {
    const ends = new Map<number, StoredCall>();
    if (open.size === 0) return ends;
    for (const { sessionId, report, at } of await this.#options.reports.on(this.#options.owner)) {
      const call = open.get(sessionId);
      if (call?.answeredAt == null || report.status !== "completed") continue;
      const endedAt = Math.max(call.answeredAt, at);
      ends.set(sessionId, { ...call, status: "completed", endReason: "caller-hung-up", endedAt });
    }
    return ends;
  }

  #mayReturn({ sessionId }: StoredCall): boolean {
    return (this.#returning.get(sessionId) ?? 0) > this.#options.clock.wall();
  }

  /** One that fails must not keep the others from being settled. */
  async #settles(settle: () => Promise<void>): Promise<boolean> {
    if (this.#stopped.signal.aborted) return false;
    try {
      await settle();
      return true;
    } catch (error) {
      this.#options.onError(error);
      return false;
    }
  }

  /** A row in `placing`: was the carrier told? */
  async #settleRow(row: BatchRow, open: StoredCall | undefined): Promise<void> {
    const { batches, store, clock } = this.#options;
    const call = open ?? (row.sessionId === null ? undefined : await store.call(row.sessionId));
    const sipCallId =
      call === undefined ? undefined : (call.sipCallId ?? (await this.#find(call))?.sipCallId);
    if (call !== undefined && sipCallId !== undefined) {
      if (open !== undefined) await this.#settleCall({ ...call, sipCallId });
      return batches.placed(row, sipCallId);
    }
    if (call !== undefined && isEnding(call.status))
      return batches.failed(row, "The carrier did not take the call.");
    await batches.giveBack(row, clock.wall(), true);
    const canceled = (await batches.find(row.batchId))?.state === "canceled";
    if (canceled && open !== undefined)
      await this.#close({ ...open, status: "canceled", endReason: "canceled" });
  }

  /** An open call of a process that died: it ends as the carrier says, or as lost; one that still rings goes on. */
  async #settleCall(call: StoredCall): Promise<void> {
    const { store, resume } = this.#options;
    const sipCallId = call.sipCallId ?? (await this.#find(call))?.sipCallId ?? null;
    const found = { ...call, sipCallId };
    const known =
      sipCallId === null ? undefined : await this.#options.carrierOf(call.carrier)?.status(sipCallId);
    if (known !== undefined && goesOn(found, known.status) && resume(found, known.status)) return;
    const lastWords = (await store.transcript(call.sessionId)).at(-1)?.timestamp;
    await this.#close(settle(found, known, lastWords));
  }

  async #close(call: StoredCall): Promise<void> {
    const { store, owner, clock, settled, owedFor } = this.#options;
    const closed = { ...call, endedAt: call.endedAt ?? clock.wall() };
    if (this.#options.isHere(call.sessionId)) return;
    const foreign = await store.save({ calls: [closed], deliveries: (await owedFor?.(closed)) ?? [] }, owner);
    if (foreign.length === 0) settled(closed); // else the carrier has come back with it, to another process
  }

  /** The carrier's record of an outbound call whose id we were not told any more. */
  async #find(call: StoredCall): Promise<CarrierCall | undefined> {
    const { store, clock } = this.#options;
    const carrier = this.#options.carrierOf(call.carrier);
    if (carrier === undefined || call.direction === "inbound") return undefined;
    const settledAt = call.createdAt + carrier.listingDelay + SKEW;
    if (carrier.listingDelay > 0 && clock.wall() < settledAt) {
      await sleep(clock, settledAt - clock.wall(), this.#stopped.signal);
    }
    const placed = await carrier.find({ to: call.to, from: call.from, since: call.createdAt - SKEW });
    for (const candidate of placed) {
      if ((await store.callBySipCallId(candidate.sipCallId)) === undefined) return candidate;
    }
    return undefined;
  }
}

function goesOn({ direction, answeredAt }: StoredCall, status: CarrierStatus): boolean {
  return direction === "outbound" && answeredAt === null && !isEnding(status);
}

/**
 * An open call as it is to be recorded when the process that had it is gone. The end is the carrier's, else
 * the last that is known of the call: its last words, or its answer.
 */
export function settle(
  call: StoredCall,
  known: Pick<CarrierCall, "status" | "endedAt"> | undefined,
  lastWords: number | undefined,
): StoredCall {
  const lastSign = Math.max(call.createdAt, call.answeredAt ?? 0, lastWords ?? 0);
  const endedAt = Math.max(lastSign, known?.endedAt ?? 0);
  const verdict = known?.status;
  const unanswered = call.answeredAt === null;
  if (unanswered && (verdict === "busy" || verdict === "no-answer" || verdict === "canceled")) {
    return { ...call, status: verdict, endReason: verdict, endedAt };
  }
  const endReason = unanswered && verdict === "failed" ? "carrier-failed" : "gateway-lost";
  return { ...call, status: "failed", endReason, endedAt };
}

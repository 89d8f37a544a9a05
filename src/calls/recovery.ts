import type { Cancel, Clock } from "../runtime/clock.ts";
import type { Batches, BatchRow } from "./batches.ts";
import { isEnding } from "./call-lifecycle.ts";
import type { CallStore, StoredCall } from "./call-store.ts";
import type { Carrier, CarrierCall, CarrierStatus } from "./carrier.ts";
import type { NewDelivery } from "./deliveries.ts";

export interface RecoveryOptions {
  readonly store: CallStore;
  readonly batches: Batches;
  readonly carrierOf: (name: string) => Carrier | undefined;
  /** Goes on with an outbound call that nobody has answered yet; the carrier still has it. */
  readonly resume: (call: StoredCall, status: CarrierStatus) => void;
  /** Tells of the end of a call that is settled. */
  readonly settled: (call: StoredCall) => void;
  /** What is owed to others for a call that is settled: written with its end, in one transaction. */
  readonly owedFor?: (call: StoredCall) => Promise<readonly NewDelivery[]>;
  /** This process. */
  readonly owner: string;
  /** Whether nobody else can be using the store: every other owner is dead. */
  readonly alone: boolean;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** How often a process tells that it lives, and how long after that it counts as dead, in ms. */
const BEAT = 5_000;
const DEAD_AFTER = 20_000;

/** The clocks of the carrier and ours may differ by so much, in ms. */
const SKEW = 5_000;

/**
 * Settles what a process that died has left open: its calls, and the rows of batches of which it is not known
 * whether the carrier was told to dial. The carrier decides: a call that it knows was placed, one that it does
 * not know was not.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  #cancelBeat: Cancel | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Tells that this process lives, and settles what others have left: now, and ever after. Resolves after the first try. */
  async start(): Promise<void> {
    await this.#work();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelBeat?.();
    await this.#working;
    await this.#options.store.leave(this.#options.owner).catch(this.#options.onError);
  }

  #scheduleBeat(): void {
    if (this.#closed) return;
    this.#cancelBeat = this.#options.clock.after(BEAT, () => void this.#work());
  }

  #work(): Promise<void> {
    this.#working = this.#round()
      .catch(this.#options.onError)
      .finally(() => this.#scheduleBeat());
    return this.#working;
  }

  async #round(): Promise<void> {
    const { store, batches, owner, alone, clock } = this.#options;
    await store.beat(owner, clock.wall());
    const deadline = alone ? clock.wall() : clock.wall() - DEAD_AFTER;
    const rows = await batches.adopt(owner, deadline);
    const calls = await store.adopt(owner, deadline);
    const bySession = new Map(calls.map((call) => [call.sessionId, call]));
    for (const row of rows)
      await this.#settleRow(row, row.sessionId === null ? undefined : bySession.get(row.sessionId));
    const ofRows = new Set(rows.map(({ sessionId }) => sessionId));
    for (const call of calls) if (!ofRows.has(call.sessionId)) await this.#settleCall(call);
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
    return batches.giveBack(row, clock.wall(), true);
  }

  /** An open call of a process that died: it ends as the carrier says, or as lost; one that still rings goes on. */
  async #settleCall(call: StoredCall): Promise<void> {
    const { store, owner, resume } = this.#options;
    const sipCallId = call.sipCallId ?? (await this.#find(call))?.sipCallId ?? null;
    const found = { ...call, sipCallId };
    const known =
      sipCallId === null ? undefined : await this.#options.carrierOf(call.carrier)?.status(sipCallId);
    if (known !== undefined && goesOn(found, known.status)) return resume(found, known.status);
    const lastWords = (await store.transcript(call.sessionId)).at(-1)?.timestamp;
    const settled = settle(found, known, lastWords);
    const deliveries = (await this.#options.owedFor?.(settled)) ?? [];
    await store.save({ calls: [settled], deliveries }, owner);
    this.#options.settled(settled);
  }

  /** The carrier's record of an outbound call whose id we were not told any more. */
  async #find(call: StoredCall): Promise<CarrierCall | undefined> {
    const { store, clock } = this.#options;
    const carrier = this.#options.carrierOf(call.carrier);
    if (carrier === undefined || call.direction === "inbound") return undefined;
    const settledAt = call.createdAt + carrier.listingDelay + SKEW;
    if (carrier.listingDelay > 0 && clock.wall() < settledAt) {
      await new Promise<void>((resolve) => clock.after(settledAt - clock.wall(), resolve));
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

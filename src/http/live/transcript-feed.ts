import type { CallEvent } from "../../calls/call-event.ts";
import { isEnding } from "../../calls/call-lifecycle.ts";
import type { CallRecord } from "../../calls/call-record.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import type { TranscriptEntry } from "../../calls/transcript.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { LiveClient, type LiveSocket } from "./live-client.ts";
import { callEnded, transcriptUpdate } from "./transcript-update.ts";

/** How long after the end of a call its last utterances may still be completed. */
const SETTLING = 1_000;

/** An utterance that goes on is told at least this often, in ms, whether or not it has grown. */
const TOLD_EVERY = 1_000;

/**
 * One client's live transcript of one call: first what was said so far, then every utterance as it begins,
 * grows (`interim`) and is complete, then `call_ended` and a normal close.
 */
export class TranscriptFeed {
  readonly #registry: CallRegistry;
  readonly #record: CallRecord;
  readonly #clock: Clock;
  readonly #client: LiveClient;
  readonly #shown = new Set<number>();
  /** By utterance that goes on: undoes its next repetition. */
  readonly #repeating = new Map<number, Cancel>();
  #undo: Cancel[] = [];

  constructor(registry: CallRegistry, record: CallRecord, socket: LiveSocket, clock: Clock) {
    this.#registry = registry;
    this.#record = record;
    this.#clock = clock;
    this.#client = new LiveClient({
      socket,
      clock,
      droppedNotice: (count) => ({ event: "updates_dropped", session_id: record.call.sessionId, count }),
      onClosed: () => this.#stop(),
    });
  }

  /** @param from id of the first utterance of the past that is wanted. */
  start(from = 1): void {
    const { events } = this.#registry;
    this.#client.start();
    for (const entry of this.#record.transcript.entries) {
      if (entry.id >= from) this.#show(entry);
      else this.#shown.add(entry.id); // by the connection before this one
    }
    this.#undo = [
      events.on("transcript", (entry) => this.#follow(entry)),
      events.on("event", (event) => this.#watchForEnd(event)),
    ];
    if (isEnding(this.#record.status)) this.#settle();
  }

  #follow(entry: TranscriptEntry): void {
    if (entry.sessionId !== this.#record.call.sessionId) return;
    this.#show(entry);
    if (isEnding(this.#record.status) && this.#complete) this.#finish();
  }

  #watchForEnd(event: CallEvent): void {
    if (event.sessionId !== this.#record.call.sessionId) return;
    if (event.type === "call-ended") this.#settle();
    if (event.type !== "call-moved") return;
    this.#stop();
    this.#client.close(1012, "the call goes on in another process: connect again");
  }

  /** The agent's last words may be completed just after the call has ended. */
  #settle(): void {
    if (this.#complete) this.#finish();
    else this.#undo.push(this.#clock.after(SETTLING, () => this.#finish()));
  }

  get #complete(): boolean {
    return this.#record.transcript.entries.every((entry) => entry.final);
  }

  /** An utterance that has come to no words yet is not shown; one that was shown is kept up to date. */
  #show(entry: TranscriptEntry): void {
    if (entry.text === "" && !this.#shown.has(entry.id)) return;
    this.#shown.add(entry.id);
    this.#client.send(transcriptUpdate(entry));
    this.#repeating.get(entry.id)?.();
    this.#repeating.delete(entry.id);
    if (!entry.final)
      this.#repeating.set(
        entry.id,
        this.#clock.after(TOLD_EVERY, () => this.#show(entry)),
      );
  }

  #finish(): void {
    const { call, endedAt, endReason } = this.#record;
    this.#stop();
    this.#client.finish(callEnded(call.sessionId, endReason ?? null, endedAt ?? this.#clock.wall()));
  }

  #stop(): void {
    for (const undo of [...this.#undo, ...this.#repeating.values()]) undo();
    this.#undo = [];
    this.#repeating.clear();
  }
}

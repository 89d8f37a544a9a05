import type { CallEvent } from "./call-event.ts";

export interface TranscriptEntry {
  /** Counts from 1 within the call, given when the utterance begins; rises with `timestamp`. */
  readonly id: number;
  readonly sessionId: number;
  readonly speaker: "customer" | "ai_agent";
  /** What was said; of the agent, what the caller has heard. */
  text: string;
  /** Start of the utterance, Unix ms. */
  readonly timestamp: number;
  /** 0 to 1; 1 for the agent and for keyed or typed input. */
  confidence: number;
  /** False while the utterance goes on. */
  final: boolean;
}

/** A call's transcript as a fold over its events. */
export class Transcript {
  readonly #entries: TranscriptEntry[];
  readonly #open = new Map<string, TranscriptEntry>();
  readonly #toWall: (at: number) => number;
  /** Those of before that were not final then. */
  readonly settled: readonly TranscriptEntry[];

  /**
   * @param toWall turns an event's monotonic time into Unix ms.
   * @param before what was said until now; all of it is final but the agent's last words, when its turn `sounding` is heard.
   */
  constructor(toWall: (at: number) => number, before: readonly TranscriptEntry[] = [], sounding?: number) {
    this.#toWall = toWall;
    this.#entries = before.map((entry) => ({ ...entry, final: true }));
    const last = before.findLastIndex(({ speaker, final }) => speaker === "ai_agent" && !final);
    const open = this.#entries[last];
    if (open !== undefined && sounding !== undefined) this.#open.set(`agent ${sounding}`, open);
    this.settled = this.#entries.filter((_, index) => before[index]?.final === false);
  }

  /** Utterances in the order in which they began; those that came to nothing are left out. */
  get entries(): readonly TranscriptEntry[] {
    return this.#entries.filter((entry) => entry.text !== "");
  }

  /** Answers the entry that the event began or changed. */
  apply(event: CallEvent): TranscriptEntry | undefined {
    if (event.type === "caller-said") {
      const entry = this.#entry(`customer ${event.utterance}`, "customer", event);
      entry.text = event.text;
      entry.confidence = event.confidence;
      return this.#settle(`customer ${event.utterance}`, entry, event.final);
    }
    if (event.type === "agent-heard") {
      const entry = this.#entry(`agent ${event.turn}`, "ai_agent", event);
      entry.text = event.text;
      return this.#settle(`agent ${event.turn}`, entry, event.final);
    }
    return undefined;
  }

  /** Adds a whole utterance that somebody else wrote down. @param wall Unix ms. */
  note(sessionId: number, speaker: TranscriptEntry["speaker"], text: string, wall: number): TranscriptEntry {
    const timestamp = Math.max(this.#entries.at(-1)?.timestamp ?? 0, wall);
    const id = this.#nextId;
    const entry: TranscriptEntry = { id, sessionId, speaker, text, timestamp, confidence: 1, final: true };
    this.#entries.push(entry);
    return entry;
  }

  get #nextId(): number {
    return (this.#entries.at(-1)?.id ?? 0) + 1;
  }

  #entry(key: string, speaker: TranscriptEntry["speaker"], event: { sessionId: number; startedAt: number }) {
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const previous = this.#entries.at(-1)?.timestamp ?? 0;
    const entry: TranscriptEntry = {
      id: this.#nextId,
      sessionId: event.sessionId,
      speaker,
      text: "",
      timestamp: Math.max(previous, Math.round(this.#toWall(event.startedAt))),
      confidence: 1,
      final: false,
    };
    this.#entries.push(entry);
    this.#open.set(key, entry);
    return entry;
  }

  #settle(key: string, entry: TranscriptEntry, final: boolean): TranscriptEntry {
    if (final) {
      entry.final = true;
      this.#open.delete(key);
    }
    return entry;
  }
}

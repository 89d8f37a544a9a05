/** One utterance as the gateway's transcript has it. */
export interface TranscriptEntry {
  /** Rises with the time at which the utterance began. */
  readonly id: number;
  readonly speaker: "customer" | "ai_agent";
  readonly text: string;
  /** When it began: milliseconds since the Unix epoch. */
  readonly at: number;
  readonly interim: boolean;
}

interface Reply {
  readonly at: number;
  readonly latency: number;
}

/** A reply's first audio and the agent's line belong together when they are at most so far apart. */
const NEAR = 1_500;

/**
 * Puts the utterances of a call into lines, each once, in the order in which they began: a finished one waits
 * while an earlier one is still going on. Pure. Bounded by the length of the call.
 */
export class TranscriptLines {
  readonly #began: number;
  readonly #waiting = new Map<number, TranscriptEntry>();
  readonly #printed = new Set<number>();
  readonly #replies: Reply[] = [];

  /** @param began when the call began, in milliseconds since the Unix epoch. */
  constructor(began: number) {
    this.#began = began;
  }

  /** The greeting or a reply was heard to begin, `at` ms after the call did. */
  replied(at: number, latency: number): void {
    this.#replies.push({ at, latency });
  }

  /** Takes in news of an utterance; answers the lines that can be printed now. */
  update(entry: TranscriptEntry): readonly string[] {
    if (this.#printed.has(entry.id)) return [];
    this.#waiting.set(entry.id, entry);
    const lines: string[] = [];
    for (const waiting of this.#inOrder()) {
      if (waiting.interim) break;
      lines.push(...this.#line(waiting));
    }
    return lines;
  }

  /** Nothing more comes: the lines still owed, after the whole transcript where there is one. */
  finish(transcript: readonly TranscriptEntry[] | undefined): readonly string[] {
    if (transcript !== undefined) {
      this.#waiting.clear();
      for (const entry of transcript) if (!this.#printed.has(entry.id)) this.#waiting.set(entry.id, entry);
    }
    return this.#inOrder().flatMap((entry) => this.#line(entry));
  }

  /** Whether any line was given out. */
  get any(): boolean {
    return this.#printed.size > 0;
  }

  #inOrder(): TranscriptEntry[] {
    return [...this.#waiting.values()].sort((a, b) => a.id - b.id);
  }

  #line(entry: TranscriptEntry): readonly string[] {
    this.#waiting.delete(entry.id);
    this.#printed.add(entry.id);
    if (entry.text === "") return [];
    const at = Math.max(0, entry.at - this.#began);
    if (entry.speaker === "customer") return [spokenLine("caller", at, entry.text)];
    const index = this.#replies.findIndex((reply) => Math.abs(reply.at - at) <= NEAR);
    const [reply] = index < 0 ? [] : this.#replies.splice(index, 1);
    const note = reply === undefined ? "" : `  [after ${Math.round(reply.latency)} ms]`;
    return [spokenLine("agent", at, entry.text) + note];
  }
}

/** `agent   0.0s  Hello.`: the role first, then the time since the call began, then the words. */
export function spokenLine(role: "agent" | "caller", at: number, text: string): string {
  return `${role.padEnd(7)} ${(at / 1000).toFixed(1).padStart(5)}s  ${text}`;
}

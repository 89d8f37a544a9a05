import type { Clock } from "../runtime/clock.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallStore } from "./call-store.ts";
import type { TranscriptEntry } from "./transcript.ts";

interface Line {
  readonly speaker: TranscriptEntry["speaker"];
  readonly text: string;
}

const AGENT = /^(?:ai[_ ]agent|agent|assistant|bot)\s*:\s*/i;
const CALLER = /^(?:customer|caller|user|client)\s*:\s*/i;

/**
 * The lines of a transcript that came as one text: `agent: …` or `customer: …` (and the usual other names)
 * begin an utterance; a line without a name goes on with the one before. Text without any name is the caller's.
 */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (const line of text.split(/\r?\n/).map((raw) => raw.trim())) {
    if (line === "") continue;
    const previous = lines.at(-1);
    if (AGENT.test(line)) lines.push({ speaker: "ai_agent", text: line.replace(AGENT, "") });
    else if (CALLER.test(line)) lines.push({ speaker: "customer", text: line.replace(CALLER, "") });
    else if (previous === undefined) lines.push({ speaker: "customer", text: line });
    else lines[lines.length - 1] = { ...previous, text: `${previous.text}\n${line}` };
  }
  return lines.filter(({ text: said }) => said !== "");
}

/** Adds what somebody else has written down to the transcript of a call; the same again at its end changes nothing. */
export class SuppliedTranscript {
  readonly #registry: CallRegistry;
  readonly #store: CallStore;
  readonly #clock: Clock;
  /** One at a time for each call: ids follow one another. */
  readonly #adding = new Map<number, Promise<void>>();

  constructor(registry: CallRegistry, store: CallStore, clock: Clock) {
    this.#registry = registry;
    this.#store = store;
    this.#clock = clock;
  }

  add(sessionId: number, text: string): Promise<void> {
    const before = this.#adding.get(sessionId) ?? Promise.resolve();
    const adding = before
      .catch(() => {}) // whoever added that has been told
      .then(() => this.#add(sessionId, linesOf(text)))
      .finally(() => {
        if (this.#adding.get(sessionId) === adding) this.#adding.delete(sessionId);
      });
    this.#adding.set(sessionId, adding);
    return adding;
  }

  async #add(sessionId: number, lines: readonly Line[]): Promise<void> {
    const record = this.#registry.find(sessionId);
    if (record === undefined) return this.#addToStored(sessionId, lines);
    if (endsWith(record.transcript.entries, lines)) return;
    for (const { speaker, text } of lines) this.#registry.note(sessionId, speaker, text);
  }

  /** The call is known to the store only, so nobody else writes its transcript. */
  async #addToStored(sessionId: number, lines: readonly Line[]): Promise<void> {
    const known = await this.#store.transcript(sessionId);
    if (endsWith(known, lines)) return;
    const last = known.at(-1);
    const timestamp = Math.max(last?.timestamp ?? 0, this.#clock.wall());
    const entries = lines.map((line, index) => ({
      ...line,
      id: (last?.id ?? 0) + 1 + index,
      sessionId,
      timestamp,
      confidence: 1,
      final: true,
    }));
    await this.#store.save({ entries }, "");
  }
}

function endsWith(known: readonly Line[], lines: readonly Line[]): boolean {
  const end = known.slice(known.length - lines.length);
  return (
    known.length >= lines.length &&
    end.every(({ speaker, text }, index) => speaker === lines[index]?.speaker && text === lines[index]?.text)
  );
}

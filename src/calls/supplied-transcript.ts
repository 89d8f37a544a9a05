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

/** Adds what somebody else has written down to the transcript of a call. What is there already is not added again. */
export class SuppliedTranscript {
  readonly #registry: CallRegistry;
  readonly #store: CallStore;
  readonly #clock: Clock;

  constructor(registry: CallRegistry, store: CallStore, clock: Clock) {
    this.#registry = registry;
    this.#store = store;
    this.#clock = clock;
  }

  async add(sessionId: number, text: string): Promise<void> {
    const lines = linesOf(text);
    if (lines.length === 0) return;
    if (this.#registry.find(sessionId) === undefined) return this.#addToStored(sessionId, lines);
    for (const { speaker, text: said } of lines) this.#registry.note(sessionId, speaker, said);
  }

  /** The call is known to the store only, so nobody else writes its transcript. */
  async #addToStored(sessionId: number, lines: readonly Line[]): Promise<void> {
    const known = await this.#store.transcript(sessionId);
    const last = known.at(-1);
    const timestamp = Math.max(last?.timestamp ?? 0, this.#clock.wall());
    const entries = lines
      .filter((line) => !known.some(({ speaker, text }) => speaker === line.speaker && text === line.text))
      .map((line, index) => ({
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

import type { StoredEntry } from "./call-store.ts";

/** What may be given up of utterances: the state of one that goes on, or one that is complete. */
export type UtteranceKind = "interim-utterance" | "utterance";

/** Utterances that wait to be saved, newest state only, in the order in which they may be given up. */
export class PendingUtterances {
  /** Those that go on, oldest first. */
  #interim = new Map<string, StoredEntry>();
  /** Complete ones by call and id. */
  #complete = new Map<number, Map<number, StoredEntry>>();
  /** Calls that are over and have complete ones here, in the order of their ends. */
  readonly #over = new Set<number>();
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  set(entry: StoredEntry): void {
    this.#delete(entry);
    this.#add(entry);
  }

  /** The call is over. */
  ended(sessionId: number): void {
    if (this.#complete.has(sessionId)) this.#over.add(sessionId);
  }

  concerns(sessionId: number): boolean {
    return this.#complete.has(sessionId) || this.#interimOf(sessionId).length > 0;
  }

  /** The call is another process's. */
  forget(sessionId: number): void {
    const complete = [...(this.#complete.get(sessionId)?.values() ?? [])];
    for (const entry of [...complete, ...this.#interimOf(sessionId)]) this.#delete(entry);
  }

  /** Gives one up: one that goes on, else of the call that ended first, else of any call. Undefined when there is none. */
  dropOldest(): UtteranceKind | undefined {
    const [interim] = this.#interim.values();
    if (interim !== undefined) {
      this.#delete(interim);
      return "interim-utterance";
    }
    const [over] = this.#over;
    const [any] = this.#complete.keys();
    const [oldest] = this.#complete.get(over ?? any ?? 0)?.values() ?? [];
    if (oldest === undefined) return undefined;
    this.#delete(oldest);
    return "utterance";
  }

  /** Takes out up to so many, complete ones first. */
  take(most: number): readonly StoredEntry[] {
    const taken: StoredEntry[] = [];
    for (const entries of [...this.#complete.values(), this.#interim]) {
      for (const entry of entries.values()) {
        if (taken.length >= most) break;
        taken.push(entry);
      }
      if (taken.length >= most) break;
    }
    for (const entry of taken) this.#delete(entry);
    return taken;
  }

  /** Puts back what was taken, as the oldest; newer states stay. @param ended calls that are over, in the order of their ends. */
  putBack(taken: readonly StoredEntry[], ended: Iterable<number>): void {
    const over = [...ended, ...this.#over];
    const [newerInterim, newerComplete] = [this.#interim, this.#complete];
    this.#interim = new Map();
    this.#complete = new Map();
    this.#count = 0;
    this.#bytes = 0;
    const newer = [
      ...newerInterim.values(),
      ...[...newerComplete.values()].flatMap((one) => [...one.values()]),
    ];
    for (const entry of [...taken, ...newer]) this.set(entry);
    this.#over.clear();
    for (const sessionId of over) this.ended(sessionId);
  }

  #interimOf(sessionId: number): readonly StoredEntry[] {
    return [...this.#interim.values()].filter((entry) => entry.sessionId === sessionId);
  }

  #add(entry: StoredEntry): void {
    const { sessionId, id, final } = entry;
    if (final) {
      const ofCall = this.#complete.get(sessionId) ?? new Map<number, StoredEntry>();
      this.#complete.set(sessionId, ofCall.set(id, entry));
    } else this.#interim.set(keyOf(entry), entry);
    this.#count += 1;
    this.#bytes += bytesOf(entry);
  }

  #delete(entry: StoredEntry): void {
    const { sessionId, id } = entry;
    const ofCall = this.#complete.get(sessionId);
    const known = this.#interim.get(keyOf(entry)) ?? ofCall?.get(id);
    if (known === undefined) return;
    this.#interim.delete(keyOf(entry));
    ofCall?.delete(id);
    if (ofCall?.size === 0) {
      this.#complete.delete(sessionId);
      this.#over.delete(sessionId);
    }
    this.#count -= 1;
    this.#bytes -= bytesOf(known);
  }
}

function keyOf({ sessionId, id }: StoredEntry): string {
  return `${sessionId} ${id}`;
}

function bytesOf({ text }: StoredEntry): number {
  return 300 + 2 * text.length;
}

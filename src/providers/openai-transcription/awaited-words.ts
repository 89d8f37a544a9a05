/** A stretch of audio whose words were asked for. */
export interface Commit {
  readonly id: string;
  /** End of its audio, in bytes of the stream. */
  readonly position: number;
  /** From its first sound to its end, in ms. */
  readonly duration: number;
  /** Whether somebody waits for its final words, even if there are none. */
  asked: boolean;
}

interface OpenCommit extends Commit {
  /** Whether this connection was told of it. */
  sent: boolean;
  /** The service's name for it, once told. */
  item: string | undefined;
  final: string | undefined;
  /** How often the service has failed at it, on whichever connections. */
  failures: number;
}

/** A failure may be the connection's or the moment's; one more at the same audio is taken to be the audio's. */
const MOST_FAILURES = 2;

/**
 * The words that are still to come. The service names each stretch by an item, and completes items in any order
 * (guide "Realtime transcription"); final words are given in the order of speech all the same.
 */
export class AwaitedWords {
  #commits: OpenCommit[] = [];
  /** Words so far of items that are not complete, in the order of their first words. */
  readonly #soFar = new Map<string, string>();
  /** Items whose audio was cleared, on this connection. */
  readonly #forgotten = new Set<string>();

  /** Stretches whose words have not been given, oldest first. */
  get commits(): readonly (Commit & { readonly sent: boolean; readonly isComplete: boolean })[] {
    return this.#commits.map((commit) => ({ ...commit, isComplete: commit.final !== undefined }));
  }

  get isEmpty(): boolean {
    return this.#commits.length === 0;
  }

  /** Whether the service was asked for words that have not come. */
  get areDue(): boolean {
    return this.#commits.some(({ sent, final }) => sent && final === undefined);
  }

  /** The best guess of all words since the last final ones. */
  get interim(): string {
    const committed = this.#commits.map(({ final, item }) => final ?? this.#soFar.get(item ?? "") ?? "");
    return tidy([...committed, ...this.#uncommitted.map(([, text]) => text)].join(" "));
  }

  /** Whether there are words of audio that was not committed. */
  get hasUncommitted(): boolean {
    return this.#uncommitted.some(([, text]) => text.trim() !== "");
  }

  add(commit: Commit): void {
    this.#commits.push({ ...commit, sent: false, item: undefined, final: undefined, failures: 0 });
  }

  /** Somebody waits for the newest of them; false: there is none. */
  ask(): boolean {
    const newest = this.#commits.at(-1);
    if (newest !== undefined) newest.asked = true;
    return newest !== undefined;
  }

  sent(id: string): void {
    const commit = this.#commits.find((one) => one.id === id);
    if (commit !== undefined) commit.sent = true;
  }

  /** The service has made an item of the oldest commit that it was told and had not named. */
  named(item: string): void {
    if (this.#commits.some((commit) => commit.item === item)) return;
    const commit = this.#commits.find((one) => one.sent && one.item === undefined && one.final === undefined);
    if (commit === undefined) return;
    commit.item = item;
    this.#forgotten.delete(item);
  }

  /** More words of an item; those of a forgotten one come too late. */
  delta(item: string, text: string): void {
    if (this.#forgotten.has(item)) return;
    this.#soFar.set(item, (this.#soFar.get(item) ?? "") + text);
  }

  completed(item: string, text: string): void {
    this.named(item);
    this.#soFar.delete(item);
    const commit = this.#commits.find((one) => one.item === item);
    if (commit !== undefined) commit.final = tidy(text);
  }

  /** The service finds nothing in what was committed. */
  empty(id: string): void {
    const commit = this.#commits.find((one) => one.id === id);
    if (commit !== undefined) commit.final ??= "";
  }

  /**
   * The service fails at what it calls so: our id or its item. Answers whether no words of it are awaited any more,
   * because that was the second time.
   */
  failed(name: string): boolean {
    const commit = this.#commits.find(({ id, item }) => id === name || item === name);
    if (commit === undefined || commit.final !== undefined || ++commit.failures < MOST_FAILURES) return false;
    this.#soFar.delete(commit.item ?? "");
    commit.final = "";
    return true;
  }

  /** Audio that was not committed is forgotten, and its words with it. */
  cleared(): void {
    for (const [item] of this.#uncommitted) {
      this.#soFar.delete(item);
      this.#forgotten.add(item);
    }
  }

  /** Takes the oldest stretch, if all its words are there, or none are awaited: `unheard`. */
  take(): (Commit & { readonly text: string; readonly unheard: boolean }) | undefined {
    const [oldest] = this.#commits;
    if (oldest?.final === undefined) return undefined;
    this.#commits.shift();
    const { id, position, duration, asked, final: text, failures } = oldest;
    return { id, position, duration, asked, text, unheard: text === "" && failures >= MOST_FAILURES };
  }

  /** The connection is gone: what is not complete has to be asked for again. */
  lost(): void {
    this.#soFar.clear();
    this.#forgotten.clear();
    for (const commit of this.#commits) {
      commit.sent = false;
      commit.item = undefined;
    }
  }

  get #uncommitted(): readonly (readonly [item: string, text: string])[] {
    return [...this.#soFar].filter(([item]) => !this.#commits.some((commit) => commit.item === item));
  }
}

function tidy(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

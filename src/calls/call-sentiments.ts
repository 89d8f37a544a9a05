import type { Cancel, Clock } from "../runtime/clock.ts";
import { deadline } from "../runtime/deadline.ts";
import { asGatewayError, type ErrorCode } from "../runtime/errors.ts";
import type { CallRecord } from "./call-record.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallerWords, QuickJudgement, Sentiment, SentimentJudge } from "./sentiment.ts";

export interface CallSentimentsOptions {
  readonly registry: CallRegistry;
  /** Judges every utterance at once, until the judge has answered, and wherever it fails. */
  readonly quick: QuickJudgement;
  /** Judges after every third utterance and at the end; unset: there is only the quick judgement. */
  readonly judge?: SentimentJudge;
  readonly clock: Clock;
  /** The call is over, and this is how its caller sounded; null: he said nothing. */
  readonly onSettled: (sentiment: Sentiment | null) => void;
  /** The judge failed; the message may have words of the caller, so only the code is told. */
  readonly onFailure: (judge: string, code: ErrorCode) => void;
}

/** What is not judged yet of a call that has a judge. */
interface Unjudged {
  /** Utterances since the judge was last asked. */
  utterances: number;
  ended: boolean;
}

/**
 * How each caller sounds, as a fold over his final utterances: kept in the call's record, live. A judge that takes
 * its time is asked behind the calls' backs, a few at a time.
 */
export class CallSentiments {
  readonly #options: CallSentimentsOptions;
  readonly #unjudged = new Map<number, Unjudged>();
  /** Calls that the judge is asked about, or will be; each once. */
  readonly #waiting = new Set<number>();
  readonly #asking = new Map<number, Promise<void>>();
  readonly #closing = new AbortController();
  #undo: Cancel[] = [];

  constructor(options: CallSentimentsOptions) {
    this.#options = options;
  }

  /** Begins to follow the calls. */
  start(): void {
    const { events } = this.#options.registry;
    this.#undo = [
      events.on("transcript", ({ sessionId, speaker, final, text }) => {
        if (speaker === "customer" && final && isSpeech(text)) this.#heard(sessionId);
      }),
      events.on("event", ({ type, sessionId }) => {
        if (type === "call-ended") this.#ended(sessionId);
        if (type === "call-moved") this.#unjudged.delete(sessionId);
      }),
    ];
  }

  /** What the judge is being asked is given up; the quick judgement stands. */
  async close(): Promise<void> {
    for (const undo of this.#undo) undo();
    this.#closing.abort();
    this.#waiting.clear();
    await Promise.all(this.#asking.values());
    for (const sessionId of this.#unjudged.keys()) this.#settle(sessionId);
  }

  #heard(sessionId: number): void {
    const { registry, judge } = this.#options;
    const record = registry.find(sessionId);
    if (record === undefined) return;
    if (judge === undefined || record.sentiment === undefined) this.#judgeQuickly(record);
    if (judge === undefined || record.endedAt !== undefined) return;
    const unjudged = this.#unjudged.get(sessionId) ?? { utterances: 0, ended: false };
    unjudged.utterances += 1;
    this.#unjudged.set(sessionId, unjudged);
    if (unjudged.utterances >= EVERY) this.#ask(sessionId);
  }

  #ended(sessionId: number): void {
    const unjudged = this.#unjudged.get(sessionId);
    if (unjudged === undefined || unjudged.utterances === 0) {
      if (unjudged !== undefined && this.#asking.has(sessionId)) unjudged.ended = true;
      else this.#settle(sessionId);
      return;
    }
    unjudged.ended = true;
    this.#ask(sessionId);
  }

  #settle(sessionId: number): void {
    this.#unjudged.delete(sessionId);
    this.#options.onSettled(this.#options.registry.find(sessionId)?.sentiment ?? null);
  }

  #judgeQuickly(record: CallRecord): void {
    const { registry, quick } = this.#options;
    registry.judged(record.call.sessionId, quick(callerWords(record)));
  }

  #ask(sessionId: number): void {
    if (this.#waiting.size < MOST_WAITING) this.#waiting.add(sessionId);
    else this.#giveUp(sessionId);
    this.#next();
  }

  /** The judge has too much to do. */
  #giveUp(sessionId: number): void {
    const record = this.#options.registry.find(sessionId);
    if (record !== undefined) this.#judgeQuickly(record);
    if (this.#unjudged.get(sessionId)?.ended === true) this.#settle(sessionId);
  }

  #next(): void {
    const { registry, judge } = this.#options;
    for (const sessionId of this.#waiting) {
      if (this.#asking.size >= AT_ONCE || judge === undefined) return;
      if (this.#asking.has(sessionId)) continue; // asked again when that is over
      this.#waiting.delete(sessionId);
      const record = registry.find(sessionId);
      const unjudged = this.#unjudged.get(sessionId);
      if (unjudged !== undefined) unjudged.utterances = 0;
      if (record !== undefined) this.#asking.set(sessionId, this.#judge(judge, record));
      else if (unjudged?.ended === true) this.#settle(sessionId);
    }
  }

  async #judge(judge: SentimentJudge, record: CallRecord): Promise<void> {
    const { registry, clock, onFailure } = this.#options;
    const { sessionId } = record.call;
    const limit = deadline(clock, DEADLINE, `${judge.name}: the sentiment`, this.#closing.signal);
    await Promise.resolve(); // it is among those that are asked by then
    try {
      registry.judged(sessionId, await judge.judge(callerWords(record), limit.signal));
    } catch (error) {
      if (!this.#closing.signal.aborted) onFailure(judge.name, asGatewayError(error, "INTERNAL").code);
      this.#judgeQuickly(record);
    } finally {
      limit.done();
      this.#asking.delete(sessionId);
      const last = this.#unjudged.get(sessionId)?.ended === true && !this.#waiting.has(sessionId);
      if (last && !this.#closing.signal.aborted) this.#settle(sessionId);
      this.#next();
    }
  }
}

/** What the caller has said lately, bounded. */
function callerWords({ call, transcript }: CallRecord): CallerWords {
  const utterances = transcript.entries
    .filter(({ speaker, final, text }) => speaker === "customer" && final && isSpeech(text))
    .slice(-LATEST)
    .map(({ text }) => text.slice(0, LONGEST));
  return { language: call.profile.language, utterances };
}

/** Keyed digits are no speech. */
function isSpeech(text: string): boolean {
  return /\p{Letter}/u.test(text);
}

/** The judge is asked after so many utterances. */
const EVERY = 3;
/** Utterances that are judged at a time, and characters of each. */
const LATEST = 12;
const LONGEST = 500;
/** Calls that the judge is asked about at one time, and that wait for it. */
const AT_ONCE = 4;
const MOST_WAITING = 200;
/** The judge's time, ms. */
const DEADLINE = 4_000;

import type { CallEvent } from "./call-event.ts";

/** The ports that make speech of sound and sound of speech. */
type SpeechPort = "stt" | "tts";

/** What one call has told that later events of it need. */
interface CallSigns {
  /** Its newest turn that the model has begun to answer; fixed phrases may come from a cache. */
  modelTurn: number | undefined;
  /** The caller's last words came from a recogniser, not from keys. */
  spoken: boolean;
}

interface Trial {
  readonly sessionId: number;
  readonly since: number;
  streams: boolean;
}

/**
 * Whether recogniser and voice can be relied on, as a fold over the events of all calls. Either is down once it has
 * failed in three calls with no success in between, and stays down for 30 s after the last failure. Then one call may
 * try: while it is under way, for 30 s at most, both count as down for all others.
 */
export class SpeechHealth {
  readonly #failures: Readonly<Record<SpeechPort, PortFailures>> = {
    stt: new PortFailures(),
    tts: new PortFailures(),
  };
  readonly #calls = new Map<number, CallSigns>();
  #trial: Trial | undefined;

  /** @param now monotonic ms, on the clock of the events. */
  isDown(now: number): boolean {
    const { stt, tts } = this.#failures;
    if (!stt.tooMany && !tts.tooMany) return false;
    return stt.isDown(now) || tts.isDown(now) || this.#isTried(now);
  }

  apply(event: CallEvent): void {
    const { sessionId, at } = event;
    switch (event.type) {
      case "call-started":
        this.#calls.set(sessionId, { modelTurn: undefined, spoken: false });
        return this.#beginTrial(sessionId, at);
      case "media-started":
        if (this.#trial?.sessionId === sessionId) this.#trial.streams = true;
        return;
      case "provider-failed":
        if (event.port === "stt" || event.port === "tts") this.#failures[event.port].add(sessionId, at);
        return;
      case "stage-reached":
        return this.#succeed(event);
      case "caller-said":
        this.#update(sessionId, { spoken: event.by === "voice" });
        return this.#withdrawTrial(sessionId);
      case "agent-heard":
        return this.#withdrawTrial(sessionId);
      case "call-resumed":
        this.#calls.set(sessionId, { modelTurn: undefined, spoken: false });
        return;
      case "call-moved":
      case "call-ended":
        this.#calls.delete(sessionId);
        if (this.#trial?.sessionId === sessionId) this.#trial = undefined;
        return;
      default:
    }
  }

  #succeed({ sessionId, turn, stage }: Extract<CallEvent, { type: "stage-reached" }>): void {
    const signs = this.#calls.get(sessionId);
    if (stage === "llm-first-token") this.#update(sessionId, { modelTurn: turn });
    // Keyed and typed turns reach the stage as well, but nobody has recognised them.
    if (stage === "stt-final" && signs?.spoken === true) this.#failures.stt.clear();
    if (stage === "tts-first-byte" && signs?.modelTurn === turn) this.#failures.tts.clear();
  }

  #update(sessionId: number, change: Partial<CallSigns>): void {
    const signs = this.#calls.get(sessionId);
    if (signs !== undefined) Object.assign(signs, change);
  }

  #isTried(now: number): boolean {
    return this.#trial !== undefined && now - this.#trial.since < WAIT;
  }

  #beginTrial(sessionId: number, at: number): void {
    const { stt, tts } = this.#failures;
    if ((!stt.tooMany && !tts.tooMany) || this.isDown(at)) return;
    this.#trial = { sessionId, since: at, streams: false };
  }

  /** A call that talks without a media stream tries nothing. */
  #withdrawTrial(sessionId: number): void {
    if (this.#trial?.sessionId === sessionId && !this.#trial.streams) this.#trial = undefined;
  }
}

/** The calls in which one port has failed since it last worked. */
class PortFailures {
  readonly #calls = new Set<number>();
  #lastAt = 0;

  get tooMany(): boolean {
    return this.#calls.size >= MOST_FAILURES;
  }

  isDown(now: number): boolean {
    return this.tooMany && now - this.#lastAt < WAIT;
  }

  add(sessionId: number, at: number): void {
    if (!this.tooMany) this.#calls.add(sessionId);
    this.#lastAt = at;
  }

  clear(): void {
    this.#calls.clear();
  }
}

/** Calls in which a port may fail, one after the other. */
const MOST_FAILURES = 3;
/** After the last failure, and for a call that tries, in ms. */
const WAIT = 30_000;

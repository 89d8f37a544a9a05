import { systemClock } from "../../src/runtime/clock.ts";
import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import type { CallerScript, CallerStep } from "../../src/simulation/phone/caller-script.ts";
import { type HeardWord, heardWords } from "../../src/simulation/phone/heard-words.ts";
import type { PhoneEvent } from "../../src/simulation/phone/ongoing-call.ts";
import type { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import type { PlayedPiece } from "../../src/simulation/phone/playback-buffer.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { answerWords, callerName, isHeard, questionOf, TURNS } from "./chaos-script.ts";
import { spelt, speltWords } from "./spelt-voice.ts";

/** Silence after which a caller, who knows that the answer is complete, goes on; in ms. */
const QUIET = 700;
/** A caller whom nobody answers any more goes on after so long, in ms: longer than every deadline and its target. */
const PATIENCE = 9_000;
/**
 * A caller whose line was lost after his question, or who was asked to, says it again after so much silence, in ms, and so
 * often.
 */
const SAYS_AGAIN_AFTER = 2_500;
const SAYS_AGAIN = 2;
/** By which the agent asks for it. */
const ASKS_AGAIN = ["again", "repeat"];
/** Longest call, in ms. */
const LIMIT = 90_000;

export interface ChaosCallOptions {
  readonly number: number;
  readonly exchange: PhoneExchange;
  /** Origin of the voice webhook. */
  readonly origin: string;
  /** The caller begins to ask this question (from 0). */
  readonly spoke?: (turn: number) => void;
  readonly turns?: number;
}

/** What one caller has lived through. Times in ms of the call, which began at `origin` on the clock of the process. */
export interface ChaosCallReport {
  readonly name: string;
  readonly origin: number;
  readonly report: CallReport | undefined;
  readonly words: readonly HeardWord[];
  /** Ends of the media streams. */
  readonly streamEnds: readonly number[];
  /** `session_id` of each media stream. */
  readonly sessionIds: readonly (string | undefined)[];
}

/** A caller who asks one question after another, each when the one before has been answered to the last word. */
export class ChaosCall {
  readonly name: string;
  readonly #phone: SimulatedPhone;
  readonly #spoke: (turn: number) => void;
  readonly #played: PlayedPiece[] = [];
  readonly #streamEnds: number[] = [];
  #origin = 0;
  readonly #sessionIds: (string | undefined)[] = [];
  #streamStartedAt = 0;
  /** Of the question under way: how often it was said again, and whether its line was lost. */
  #repeats = 0;
  #lost = false;
  #asked = 0;
  /** Pieces that were heard before the question under way. */
  #before = 0;
  #looked = 0;
  #complete = false;

  constructor({ number, exchange, origin, spoke, turns = TURNS }: ChaosCallOptions) {
    this.name = callerName(number);
    this.#spoke = spoke ?? (() => undefined);
    this.#phone = new SimulatedPhone({
      clock: systemClock,
      exchange,
      voiceUrl: `${origin}/api/phone/incoming`,
      statusUrl: `${origin}/api/phone/status`,
      from: `+1415555${String(number).padStart(4, "0")}`,
      to: "+15005550001",
      limit: LIMIT,
      script: this.#script(turns),
      onEvent: (event) => this.#happened(event),
      onHeard: (piece) => this.#played.push(piece),
    });
  }

  /** Number of questions that were begun. */
  get asked(): number {
    return this.#asked;
  }

  /** Settles when the call is over, never rejects. */
  async run(): Promise<ChaosCallReport> {
    const report = await this.#phone.call().catch(() => undefined);
    return {
      name: this.name,
      origin: this.#origin,
      report,
      words: heardWords(this.#played, speltWords),
      streamEnds: this.#streamEnds,
      sessionIds: this.#sessionIds,
    };
  }

  /** The media socket breaks. */
  dropStream(): void {
    this.#phone.dropStream();
  }

  hangUp(): void {
    this.#phone.hangUp();
  }

  #script(turns: number): CallerScript {
    const owing = () => this.#owing();
    const again = (quiet: number) => this.#saysAgain(quiet);
    const questions = Array.from({ length: turns }, (_, turn): CallerStep => {
      const cue = { when: "agent-finished", quiet: QUIET, patience: PATIENCE } as const;
      const audio = spelt(questionOf(this.name, turn));
      return { type: "say", audio, text: String(turn), again, cue: { ...cue, owing } };
    });
    const cue = { when: "agent-finished", quiet: QUIET, patience: PATIENCE, owing } as const;
    return [...questions, { type: "hang-up", cue }];
  }

  /** Whether the answer to the last question was not yet heard to its end. */
  #owing(): boolean {
    if (this.#asked === 0 || this.#complete) return false;
    if (this.#looked === this.#played.length) return true;
    this.#looked = this.#played.length;
    const last = answerWords(this.#asked - 1).at(-1) ?? "";
    this.#complete = this.#wordsSince().some((heard) => isHeard(heard, last));
    return !this.#complete;
  }

  #saysAgain(quiet: number): boolean {
    const since = systemClock.now() - this.#streamStartedAt;
    if (Math.min(quiet, since) < SAYS_AGAIN_AFTER || this.#repeats >= SAYS_AGAIN || !this.#owing())
      return false;
    const words = this.#wordsSince();
    const answer = answerWords(this.#asked - 1);
    if (words.some(({ text }) => answer.includes(text))) return false;
    if (!this.#lost && !words.some(({ text }) => ASKS_AGAIN.includes(text))) return false;
    this.#repeats++;
    this.#lost = false;
    return true;
  }

  /** What was heard since the question under way. */
  #wordsSince(): readonly HeardWord[] {
    return heardWords(this.#played.slice(this.#before), speltWords);
  }

  #happened(event: PhoneEvent): void {
    if (event.type === "stream-started") {
      this.#streamStartedAt = systemClock.now();
      if (this.#sessionIds.length === 0) this.#origin = systemClock.now() - event.at;
      this.#sessionIds.push(event.sessionId);
    } else if (event.type === "stream-ended") {
      this.#streamEnds.push(event.at);
      this.#lost = true;
    } else if (event.type === "caller-spoke" && Number(event.text) >= this.#asked) {
      this.#before = this.#played.length;
      this.#complete = false;
      this.#repeats = 0;
      this.#lost = false;
      this.#spoke(this.#asked++);
    }
  }
}

import { systemClock } from "../src/runtime/clock.ts";
import type { CallReport } from "../src/simulation/phone/call-report.ts";
import type { CallerScript } from "../src/simulation/phone/caller-script.ts";
import type { PhoneEvent } from "../src/simulation/phone/ongoing-call.ts";
import type { PhoneExchange } from "../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../src/simulation/phone/simulated-phone.ts";
import { HoleFinder } from "./hole-finder.ts";
import type { Question } from "./question.ts";
import type { Dialled } from "./systems.ts";
import type { TurnTimes } from "./turn-breakdown.ts";

export interface CallerOptions extends Dialled {
  readonly exchange: PhoneExchange;
  readonly question: Question;
  readonly script: CallerScript;
  /** Longest call, in ms. */
  readonly limit: number;
  /** The reply to the question with this number, from 1, has begun. */
  readonly replied: (question: number, seen: Pick<TurnTimes, "voiceEnd" | "silenceEnd" | "heard">) => void;
  /** The agent was not heard for so long that the caller went on. */
  readonly unanswered: () => void;
}

/** Frames whose times are remembered: 20 s, longer than a caller waits for a reply. */
const REMEMBERED = 1024;

const MEDIA = '{"event":"media"';

/** One simulated phone, and when its frames left. Times on the clock of the process. */
export class BenchCaller {
  readonly #options: CallerOptions;
  readonly #phone: SimulatedPhone;
  readonly #sentAt = new Float64Array(REMEMBERED);
  readonly #holes = new HoleFinder();
  #frames = 0;
  #origin: number | undefined;
  #questions = 0;
  #voiceFrame = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#phone = new SimulatedPhone({
      ...options,
      clock: systemClock,
      from: "+15005550006",
      to: "+15005550001",
      onEvent: (event) => this.#happened(event),
      onWire: (at, direction, message) => this.#passed(at, direction, message),
    });
  }

  /** Settles when the call is over. */
  call(): Promise<CallReport> {
    return this.#phone.call();
  }

  hangUp(): void {
    this.#phone.hangUp();
  }

  /** Whether the media stream has begun. */
  get connected(): boolean {
    return this.#origin !== undefined;
  }

  /** Silences of more than 40 ms inside a reply since the last time, in ms. */
  takeHoles(): readonly number[] {
    return this.#holes.take();
  }

  #passed(at: number, direction: "in" | "out", message: string): void {
    if (!message.startsWith(MEDIA)) return;
    if (direction === "in") this.#sentAt[this.#frames++ % REMEMBERED] = at;
    else this.#holes.audio(at, message);
  }

  #happened(event: PhoneEvent): void {
    if (event.type === "stream-started") {
      this.#origin ??= systemClock.now() - event.at;
    } else if (event.type === "caller-spoke") {
      this.#questions++;
      this.#voiceFrame = this.#frames - 1;
      this.#holes.callerSpoke();
    } else if (event.type === "agent-replied" && this.#questions > 0) {
      this.#replied(event.at);
    } else if (event.type === "agent-unheard") this.#options.unanswered();
  }

  #replied(at: number): void {
    const { question, replied } = this.#options;
    const voiceEnd = this.#voiceFrame + question.voiceFrames;
    const silenceEnd = voiceEnd + question.silenceFrames;
    if (silenceEnd >= this.#frames || this.#frames - voiceEnd > REMEMBERED) return;
    replied(this.#questions, {
      voiceEnd: this.#leftAt(voiceEnd),
      silenceEnd: this.#leftAt(silenceEnd),
      heard: at + (this.#origin ?? 0),
    });
  }

  #leftAt(frame: number): number {
    return (this.#sentAt[frame % REMEMBERED] ?? Number.NaN) + (this.#origin ?? 0);
  }
}

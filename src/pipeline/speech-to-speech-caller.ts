import { durationOf } from "../audio/audio-format.ts";
import { Framer } from "../audio/framer.ts";
import type { SpeechDetector } from "../audio/voice-activity.ts";
import type { CallFact } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";

export interface SpokenCallerOptions {
  readonly clock: Clock;
  readonly voiceActivity: () => SpeechDetector;
  readonly publish: (fact: CallFact) => void;
  /** Local voice activity; `since` is when it really began or ended. */
  readonly spoke: (change: "speech-started" | "speech-ended", since: number) => void;
}

interface Utterance {
  readonly number: number;
  readonly startedAt: number;
}

/** The caller's side: when they speak, by local voice activity, and what they said, by the provider's transcription. */
export class SpokenCaller {
  readonly #options: SpokenCallerOptions;
  readonly #voiceActivity: SpeechDetector;
  readonly #framer = new Framer((frame) => this.#detectVoice(frame));
  /** Utterances whose words may still come, by the provider's item. */
  readonly #open = new Map<string, Utterance>();
  #utterances = 0;
  /** When the frame begins that voice activity sees next. */
  #frameAt = 0;

  constructor(options: SpokenCallerOptions) {
    this.#options = options;
    this.#voiceActivity = options.voiceActivity();
  }

  push(mulaw: Uint8Array): void {
    const begun = this.#options.clock.now() - durationOf(mulaw.length + this.#framer.held);
    this.#frameAt = Math.max(this.#frameAt, begun);
    this.#framer.push(mulaw);
  }

  /**
   * The provider hears an utterance. It is told before its words are known: they may come after the reply, and
   * the transcript has its entries in the order in which they began.
   */
  began(item: string): void {
    const { speaking, since } = this.#voiceActivity;
    const startedAt = speaking ? since : this.#options.clock.now();
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= MOST_OPEN) this.said(oldest, "", true);
    this.#open.set(item, { number: ++this.#utterances, startedAt });
    this.said(item, "", false);
  }

  /** Words of an utterance; they replace those before. No confidence comes with them: 1. */
  said(item: string, text: string, final: boolean): void {
    const utterance = this.#open.get(item);
    if (utterance === undefined) return;
    if (final) this.#open.delete(item);
    const { number, startedAt } = utterance;
    this.#publish(number, text, final, "voice", startedAt);
  }

  /** Words that were not spoken. */
  typed(text: string, by: "keypad" | "typing"): void {
    this.#publish(++this.#utterances, text, true, by, this.#options.clock.now());
  }

  close(): void {
    this.#voiceActivity.close();
  }

  #publish(
    utterance: number,
    text: string,
    final: boolean,
    by: "voice" | "keypad" | "typing",
    startedAt: number,
  ): void {
    this.#options.publish({ type: "caller-said", utterance, text, final, confidence: 1, by, startedAt });
  }

  #detectVoice(frame: Uint8Array): void {
    const change = this.#voiceActivity.feed(frame, this.#frameAt);
    this.#frameAt += durationOf(frame.length);
    if (change !== undefined) this.#options.spoke(change, this.#voiceActivity.since);
  }
}

/** Utterances that wait for their words; beyond it the oldest is given up: its words are lost to the transcript. */
const MOST_OPEN = 16;

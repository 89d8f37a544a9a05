import type { CallFact, TurnStage } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import type { HeardTurn, Playback, PlaybackListener } from "./playback.ts";
import { type HeardItem, SpokenTurn } from "./speech-to-speech-turn.ts";

export interface SpokenVoiceOptions {
  readonly clock: Clock;
  /** The provider's name, for the stages that it answers for. */
  readonly provider: string;
  readonly publish: (fact: CallFact) => void;
}

/** The agent's side: the sound of its turns to the caller's ear, and what was heard of them back. */
export class SpokenVoice implements PlaybackListener {
  readonly #options: SpokenVoiceOptions;
  /** Turns that the caller has not heard to their end, in order. */
  readonly #turns = new Map<number, SpokenTurn>();
  #playback: Playback | undefined;
  /** Fallen silent for now: what comes is kept and not played. */
  #held = false;
  /** How long a character of this voice sounds, in ms; learnt. */
  #pace = FIRST_PACE;

  constructor(options: SpokenVoiceOptions) {
    this.#options = options;
  }

  playTo(playback: Playback): void {
    this.#playback = playback;
  }

  /** Audio of a turn. Answers whether it is the turn's first. */
  sound(number: number, item: string, mulaw: Uint8Array): boolean {
    const turn = this.#turn(number);
    const first = turn.audio === 0;
    turn.sounded(item, mulaw);
    this.#reached(turn, "llm-first-token");
    this.#reached(turn, "tts-first-byte");
    if (!this.#held) this.#playback?.play(number, mulaw);
    return first;
  }

  words(number: number, item: string, text: string): void {
    const turn = this.#turn(number);
    turn.worded(item, text);
    this.#reached(turn, "llm-first-token");
  }

  itemDone(number: number, item: string): void {
    const pace = this.#turns.get(number)?.made(item);
    if (pace !== undefined) this.#pace += (pace - this.#pace) * LEARNING;
  }

  /** No more sound comes for the turn. */
  finish(number: number): void {
    const turn = this.#turns.get(number);
    if (turn === undefined) return;
    turn.complete = true;
    if (!this.#held) this.#playback?.playFinished(number);
  }

  /** Falls silent at once; what was not heard is kept. */
  hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#clear();
  }

  /** Goes on from where the caller stopped hearing. */
  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    for (const turn of this.#turns.values()) {
      for (const mulaw of turn.resumed()) this.#playback?.play(turn.number, mulaw);
      if (turn.complete) this.#playback?.playFinished(turn.number);
    }
  }

  /** Falls silent for good: what was not heard was not said. Answers how much was heard of each item cut off. */
  cut(): HeardItem[] {
    if (!this.#held && this.#turns.size > 0) this.#clear();
    this.#held = false;
    const cut: HeardItem[] = [];
    for (const turn of this.#turns.values()) {
      cut.push(...turn.cutOff());
      this.#publishHeard(turn);
    }
    this.#turns.clear();
    return cut;
  }

  started(number: number): void {
    const turn = this.#turns.get(number);
    if (turn === undefined) return;
    turn.startedAt ??= this.#options.clock.now();
    this.#reached(turn, "first-audio-sent");
  }

  heard({ turn: number, heard }: HeardTurn): void {
    const turn = this.#turns.get(number);
    if (turn === undefined) return;
    this.#reached(turn, "first-audio-heard", heard);
    turn.heardUpTo(heard);
    this.#publishHeard(turn);
  }

  finished(number: number): void {
    const turn = this.#turns.get(number);
    if (turn === undefined) return;
    this.#reached(turn, "first-audio-heard", turn.audio);
    turn.heardWhole();
    this.#turns.delete(number);
    this.#publishHeard(turn);
  }

  /** The call is over: what was heard by now is all that will be. */
  close(): void {
    if (!this.#held) {
      for (const turn of this.#turns.values()) turn.heardUpTo(this.#playback?.heard(turn.number) ?? 0);
      this.#held = true;
    }
    this.cut();
  }

  #clear(): void {
    for (const { turn, heard } of this.#playback?.clear() ?? []) this.#turns.get(turn)?.heardUpTo(heard);
  }

  #turn(number: number): SpokenTurn {
    const turn = this.#turns.get(number) ?? new SpokenTurn(number);
    this.#turns.set(number, turn);
    return turn;
  }

  #reached(turn: SpokenTurn, stage: TurnStage, heardFor?: number): void {
    if (!turn.reaches(stage)) return;
    const provider = providersStages.has(stage) ? { provider: this.#options.provider } : {};
    this.#options.publish({
      type: "stage-reached",
      turn: turn.number,
      stage,
      ...provider,
      ...(heardFor !== undefined && { heardFor }),
    });
  }

  #publishHeard(turn: SpokenTurn): void {
    const { startedAt, live, interrupted, number } = turn;
    if (startedAt === undefined) return;
    const text = turn.heardText(this.#pace);
    this.#options.publish({ type: "agent-heard", turn: number, text, final: !live, interrupted, startedAt });
  }
}

const providersStages: ReadonlySet<TurnStage> = new Set(["llm-first-token", "tts-first-byte"]);

/** About 150 words a minute, as speech is commonly counted; replaced by what is learnt after the first item. In ms. */
const FIRST_PACE = 65;
/** Weight of the newest item. */
const LEARNING = 0.5;

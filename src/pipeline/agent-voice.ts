import type { Call } from "../calls/call.ts";
import type { CallFact, TurnStage } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import { AgentSpeech } from "./agent-speech.ts";
import { AgentTurn } from "./agent-turn.ts";
import type { Conversation } from "./conversation.ts";
import type { PhraseCache, PhraseRecording } from "./phrase-cache.ts";
import type { HeardTurn, Playback, PlaybackListener } from "./playback.ts";
import type { SpeechEvent, TextToSpeech, Utterance, VoiceConnection } from "./text-to-speech.ts";

export interface AgentVoiceOptions {
  readonly call: Call;
  readonly clock: Clock;
  readonly textToSpeech: TextToSpeech;
  readonly phrases: PhraseCache;
  readonly conversation: Conversation;
  readonly publish: (fact: CallFact) => void;
  readonly reached: (turn: AgentTurn, stage: TurnStage) => void;
}

/** The agent's side: one turn's words to the voice and to the caller's ear, and what was heard of them back. */
export class AgentVoice implements PlaybackListener {
  readonly #options: AgentVoiceOptions;
  /** Turns that the caller has not heard to their end. */
  readonly #turns = new Map<number, AgentTurn>();
  readonly #prepared = new Map<string, PhraseRecording>();
  #connection: VoiceConnection | undefined;
  #playback: Playback | undefined;
  #speech: AgentSpeech | undefined;

  constructor(options: AgentVoiceOptions) {
    this.#options = options;
  }

  /** Connects, and has fixed words spoken that are certain to be needed. */
  open(phrase: string): void {
    const { voice, language } = this.#options.call.profile;
    this.#connection = this.#options.textToSpeech.open(
      voice === undefined ? { language } : { language, voice },
    );
    if (phrase !== "") this.#prepared.set(phrase, this.#recording(phrase));
  }

  playTo(playback: Playback): void {
    this.#playback = playback;
  }

  get playback(): Playback {
    if (this.#playback === undefined) throw new TypeError("The agent speaks before the media is open");
    return this.#playback;
  }

  /** Begins a turn whose words are yet to be made. */
  begin(number: number): { turn: AgentTurn; speech: AgentSpeech } {
    return this.#begin(number, (listener) => this.#connected().speak(listener));
  }

  /** Begins a turn of fixed words: from the cache once they have been spoken. */
  say(number: number, text: string): { turn: AgentTurn; speech: AgentSpeech } {
    const begun = this.#begin(number, (listener) => {
      const recording = this.#prepared.get(text) ?? this.#recording(text);
      this.#prepared.delete(text);
      return recording.play(listener);
    });
    begun.speech.write(text);
    return begun;
  }

  /** Nothing more comes of the turn; what was spoken of it is still played. */
  abandon(turn: AgentTurn, speech: AgentSpeech): void {
    speech.cancel();
    if (turn.audio === 0) this.#turns.delete(turn.number);
    else this.playback.playFinished(turn.number);
  }

  /** The turn made no sound: nothing of it will be heard. */
  forget(turn: AgentTurn): void {
    this.#turns.delete(turn.number);
  }

  /** Falls silent at once: no more words, no more sound, and what was not heard was not said. */
  silence(): void {
    this.#speech?.cancel();
    this.#speech = undefined;
    for (const { turn, heard } of this.#playback?.clear() ?? []) this.#turns.get(turn)?.heardUpTo(heard);
    this.#cutOff();
  }

  started(number: number): void {
    const turn = this.#turns.get(number);
    if (turn === undefined) return;
    turn.startedAt = this.#options.clock.now();
    this.#options.reached(turn, "first-audio-sent");
  }

  heard({ turn: number, heard }: HeardTurn): void {
    const turn = this.#turns.get(number);
    if (turn === undefined) return;
    this.#options.reached(turn, "first-audio-heard");
    turn.heardUpTo(heard);
    this.#publishHeard(turn);
  }

  finished(number: number): void {
    const turn = this.#turns.get(number);
    if (turn === undefined) return;
    this.#options.reached(turn, "first-audio-heard");
    turn.heardWhole();
    this.#turns.delete(number);
    this.#publishHeard(turn);
  }

  async close(): Promise<void> {
    this.#speech?.cancel();
    for (const turn of this.#turns.values()) turn.heardUpTo(this.#playback?.heard(turn.number) ?? 0);
    this.#cutOff();
    await this.#connection?.close();
  }

  #begin(number: number, speak: (listener: (event: SpeechEvent) => void) => Utterance) {
    const { conversation, reached } = this.#options;
    const turn = new AgentTurn(number);
    const speech = new AgentSpeech({
      turn,
      playback: this.playback,
      speak,
      reached: (stage) => reached(turn, stage),
    });
    this.#turns.set(number, turn);
    this.#speech = speech;
    conversation.agentBegins(turn);
    return { turn, speech };
  }

  #recording(text: string): PhraseRecording {
    const { phrases, textToSpeech, call } = this.#options;
    const { voice, language } = call.profile;
    return phrases.recording([textToSpeech.name, voice, language].join(" "), text, this.#connected());
  }

  #connected(): VoiceConnection {
    if (this.#connection === undefined) throw new TypeError("The voice is not open");
    return this.#connection;
  }

  #cutOff(): void {
    for (const turn of this.#turns.values()) {
      turn.cutOff();
      this.#publishHeard(turn);
    }
    this.#turns.clear();
  }

  #publishHeard(turn: AgentTurn): void {
    const { startedAt, live, heardText: text, interrupted, number } = turn;
    if (startedAt === undefined) return;
    this.#options.publish({ type: "agent-heard", turn: number, text, final: !live, interrupted, startedAt });
  }
}

import { durationOf } from "../audio/audio-format.ts";
import type { Call } from "../calls/call.ts";
import type { CallFact, TurnStage } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import { AgentSpeech } from "./agent-speech.ts";
import { AgentTurn } from "./agent-turn.ts";
import { AudioGate } from "./audio-gate.ts";
import type { Conversation } from "./conversation.ts";
import { meteredVoice } from "./metered-voice.ts";
import { type PhraseCache, type PhraseRecording, voiceKey } from "./phrase-cache.ts";
import type { HeardTurn, Playback } from "./playback.ts";
import { spoken } from "./speech-text/spoken-text.ts";
import type { SpeechEvent, TextToSpeech, Utterance, VoiceConnection } from "./text-to-speech.ts";

export interface AgentVoiceOptions {
  readonly call: Call;
  readonly clock: Clock;
  readonly textToSpeech: TextToSpeech;
  readonly phrases: Pick<PhraseCache, "recording" | "kept">;
  readonly conversation: Conversation;
  readonly publish: (fact: CallFact) => void;
  /** @param heardFor ms of the turn heard by then. */
  readonly reached: (turn: AgentTurn, stage: TurnStage, heardFor?: number) => void;
}

/** A turn that is being made, or heard. */
export interface SpokenTurn {
  readonly turn: AgentTurn;
  readonly speech: AgentSpeech;
}

/** The agent's side: each turn's words to the voice and to the caller's ear, and what was heard of them back. */
export class AgentVoice {
  readonly #options: AgentVoiceOptions;
  /** Turns that the caller has not heard to their end. */
  readonly #turns = new Map<number, SpokenTurn>();
  readonly #prepared = new Map<string, PhraseRecording>();
  /** As they are spoken. */
  #protected: readonly string[] = [];
  #connection: VoiceConnection | undefined;
  #playback: Playback | undefined;
  #suspended = false;

  constructor(options: AgentVoiceOptions) {
    this.#options = options;
  }

  /** Connects, and has fixed words spoken that are certain to be needed. */
  open(phrase: string): void {
    const { voice, language, protectedSentences } = this.#options.call.profile;
    const { textToSpeech, publish } = this.#options;
    this.#connection = meteredVoice(
      textToSpeech.open(voice === undefined ? { language } : { language, voice }),
      (characters) => publish({ type: "voice-used", provider: textToSpeech.name, characters }),
    );
    this.#protected = protectedSentences.map((sentence) => spoken(sentence, language));
    if (phrase !== "") this.#prepared.set(phrase, this.#recording(phrase));
  }

  playTo(playback: Playback): void {
    this.#playback = playback;
  }

  get playback(): Playback {
    if (this.#playback === undefined) throw new TypeError("The agent speaks before the media is open");
    return this.#playback;
  }

  /** Begins a turn whose words are yet to be made. `ahead`: unheard, and outside of the history, until accepted. */
  begin(number: number, ahead = false): SpokenTurn {
    const spoken = this.#begin(number, (listener) => this.#connected().speak(listener), !ahead);
    if (!ahead) this.#options.conversation.agentBegins(spoken.turn);
    return spoken;
  }

  /** Begins a turn of fixed words: from the cache once they have been spoken. */
  say(number: number, text: string): SpokenTurn {
    const spoken = this.#begin(number, (listener) => this.#phrase(text).play(listener), true);
    this.#options.conversation.agentBegins(spoken.turn);
    spoken.speech.write(text);
    return spoken;
  }

  /**
   * Says something outside of the history, at once; false when that is not possible: a voice that takes its time would
   * come into the middle of the answer.
   */
  sayAside(number: number, text: string): boolean {
    const kept = this.#kept(text);
    if (kept === undefined) return false;
    const { speech } = this.#begin(number, (listener) => kept.play(listener), true);
    speech.write(text);
    void speech.end();
    return true;
  }

  /** A turn made ahead is the caller's answer now. */
  accept({ turn }: SpokenTurn): void {
    this.#options.conversation.agentBegins(turn);
    turn.gate.open();
  }

  /** A turn made ahead will not be used; it never was. */
  discard({ turn, speech }: SpokenTurn): void {
    speech.cancel();
    turn.cutOff();
    this.#turns.delete(turn.number);
  }

  /** Nothing more comes of the turn; what was spoken of it is still played. */
  abandon({ turn, speech }: SpokenTurn): void {
    speech.cancel();
    if (turn.gate.length > 0) return turn.gate.end();
    turn.cutOff(); // nothing of it was heard
    this.#turns.delete(turn.number);
  }

  /**
   * Says something within a turn that has not sounded yet, ahead of what is still being made of it: from the cache, so
   * that the voice is not waited for, else with the voice unless that is what keeps the caller waiting.
   */
  fill(number: number, text: string): void {
    const filled = this.#turns.get(number);
    if (filled === undefined || filled.turn.gate.length > 0) return; // it has begun after all
    const kept = this.#kept(text);
    if (kept !== undefined) filled.speech.insert(spoken(text, this.#options.call.profile.language), kept);
    else if (!filled.speech.spoke) filled.speech.fill(text);
  }

  /** Tones behind what the voice has delivered of the newest turn so far; words that it still makes come after them. */
  playTones(mulaw: Uint8Array): void {
    const newest = [...this.#turns.values()].at(-1)?.turn;
    if (newest === undefined) return;
    newest.text.pauses(durationOf(mulaw.length));
    newest.gate.write(mulaw);
  }

  /** Falls silent at once, and keeps what the caller has not heard. */
  hold(): void {
    this.#takeBack();
    for (const { turn } of this.#turns.values()) this.#publishHeard(turn);
  }

  /** The caller hears nothing from here on; what is being made is made to its end, for whoever goes on with it. */
  suspend(): void {
    this.#takeBack();
    for (const { turn } of this.#turns.values()) this.#publishHeard(turn, true);
    this.#suspended = true;
  }

  /** Goes on from the word at which the caller stopped hearing; what else was to be heard is over. */
  resume(number: number): void {
    for (const spoken of this.#turns.values()) if (spoken.turn.number !== number) this.#drop(spoken);
    const turn = this.#turns.get(number)?.turn;
    turn?.gate.open(turn.text.resumePoint(turn.heard));
  }

  /** Falls silent at once: no more words, no more sound, and what was not heard was not said. */
  silence(): void {
    this.#takeBack();
    this.#cutOff();
  }

  /** Whether the caller is just hearing a sentence that must not be interrupted. */
  get isProtected(): boolean {
    const sentences = this.#protected;
    if (sentences.length === 0) return false;
    return [...this.#turns.values()].some(({ turn: { number, text, gate, startedAt } }) => {
      const heard = gate.heard(this.#playback?.heard(number) ?? 0);
      return startedAt !== undefined && sentences.some((sentence) => text.isWithin(sentence, heard));
    });
  }

  /** The turns that the caller has not heard to their end, as far as they were heard by now. */
  get unheard(): readonly AgentTurn[] {
    for (const { turn } of this.#turns.values()) turn.played(this.#playback?.heard(turn.number) ?? 0);
    return [...this.#turns.values()].map(({ turn }) => turn);
  }

  started(number: number): void {
    const turn = this.#turns.get(number)?.turn;
    if (turn === undefined) return;
    turn.startedAt ??= this.#options.clock.now();
    this.#options.reached(turn, "first-audio-sent");
  }

  /** Answers whether that was worth telling: marks come more often than anybody wants to know. */
  heard({ turn: number, heard }: HeardTurn): boolean {
    const turn = this.#turns.get(number)?.turn;
    if (turn === undefined) return false;
    this.#options.reached(turn, "first-audio-heard", heard);
    turn.played(heard);
    if (turn.toldHeard !== 0 && turn.heard - turn.toldHeard < TELL_EVERY) return false;
    turn.toldHeard = turn.heard;
    this.#publishHeard(turn);
    return true;
  }

  finished(number: number): void {
    const turn = this.#turns.get(number)?.turn;
    if (turn === undefined) return;
    this.#options.reached(turn, "first-audio-heard", turn.gate.length);
    turn.heardWhole();
    this.#turns.delete(number);
    this.#publishHeard(turn);
  }

  async close(): Promise<void> {
    for (const { turn } of this.#turns.values()) turn.played(this.#playback?.heard(turn.number) ?? 0);
    this.#cutOff();
    await this.#connection?.close();
  }

  #begin(
    number: number,
    speak: (listener: (event: SpeechEvent) => void) => Utterance,
    audible: boolean,
  ): SpokenTurn {
    const { reached } = this.#options;
    const turn = new AgentTurn(number, new AudioGate(number, this.playback, audible));
    const { language } = this.#options.call.profile;
    const speech = new AgentSpeech({ turn, language, speak, reached: (stage) => reached(turn, stage) });
    this.#turns.set(number, { turn, speech });
    return { turn, speech };
  }

  /** The words as they were spoken before in this voice. */
  #kept(text: string): PhraseRecording | undefined {
    const { phrases, textToSpeech, call } = this.#options;
    return phrases.kept(voiceKey(textToSpeech.name, call.profile), spoken(text, call.profile.language));
  }

  #phrase(text: string): PhraseRecording {
    const prepared = this.#prepared.get(text);
    this.#prepared.delete(text);
    return prepared === undefined || prepared.failed ? this.#recording(text) : prepared;
  }

  #recording(text: string): PhraseRecording {
    const { phrases, textToSpeech, call } = this.#options;
    const key = voiceKey(textToSpeech.name, call.profile);
    return phrases.recording(key, spoken(text, call.profile.language), this.#connected());
  }

  #connected(): VoiceConnection {
    if (this.#connection === undefined) throw new TypeError("The voice is not open");
    return this.#connection;
  }

  /** Takes back from the playback what was not heard. */
  #takeBack(): void {
    for (const { turn } of this.#turns.values()) turn.gate.close();
    for (const { turn: number, heard } of this.#playback?.clear() ?? [])
      this.#turns.get(number)?.turn.played(heard);
  }

  #cutOff(): void {
    for (const spoken of this.#turns.values()) this.#drop(spoken);
  }

  #drop({ turn, speech }: SpokenTurn): void {
    speech.cancel();
    turn.cutOff();
    this.#publishHeard(turn);
    this.#turns.delete(turn.number);
  }

  /** @param cut nothing more of it will be heard. */
  #publishHeard(turn: AgentTurn, cut = false): void {
    const { startedAt, live, heardText: text, number } = turn;
    if (startedAt === undefined || this.#suspended) return;
    const interrupted = cut || turn.interrupted;
    this.#options.publish({
      type: "agent-heard",
      turn: number,
      text,
      final: cut || !live,
      interrupted,
      startedAt,
    });
  }
}

/** Between two reports of how far a turn was heard, in ms; live feeds show it, and promise one a second. */
const TELL_EVERY = 600;

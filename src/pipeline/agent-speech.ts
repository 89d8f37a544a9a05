import type { TurnStage } from "../calls/call-event.ts";
import type { GatewayError } from "../runtime/errors.ts";
import type { AgentTurn } from "./agent-turn.ts";
import type { PhraseRecording } from "./phrase-cache.ts";
import { SpeechSplitter } from "./speech-splitter.ts";
import { SpokenText } from "./speech-text/spoken-text.ts";
import type { SpeechEvent, Utterance } from "./text-to-speech.ts";

export interface AgentSpeechOptions {
  readonly turn: AgentTurn;
  /** BCP 47. */
  readonly language: string;
  /** Begins the utterance; called with the first word, so that a turn without words makes none. */
  readonly speak: (listener: (event: SpeechEvent) => void) => Utterance;
  readonly reached: (stage: TurnStage) => void;
}

/** The voice of one turn: words in as they are made, audio out to the turn's gate. */
export class AgentSpeech {
  readonly #options: AgentSpeechOptions;
  readonly #spoken: SpokenText;
  readonly #splitter = new SpeechSplitter();
  #utterance: Utterance | undefined;
  #over: { resolve: () => void; reject: (error: GatewayError) => void } | undefined;
  #outcome: "speaking" | "done" | GatewayError = "speaking";
  #cancelled = false;
  #filled = false;
  /** Pieces and UTF-16 units of text that it was given. */
  readonly made = { tokens: 0, characters: 0 };

  constructor(options: AgentSpeechOptions) {
    this.#options = options;
    this.#spoken = new SpokenText(options.language);
  }

  /** Whether it has any words. */
  get spoke(): boolean {
    return this.#utterance !== undefined;
  }

  /** Audio of it that nobody hears yet, in ms. */
  get held(): number {
    return this.#options.turn.gate.held;
  }

  /** Audio of the turn so far, in ms. */
  get length(): number {
    return this.#options.turn.gate.length;
  }

  /** Why the voice failed, if it has. */
  get failure(): GatewayError | undefined {
    return typeof this.#outcome === "string" ? undefined : this.#outcome;
  }

  /** The next words, cut anywhere, as they are written; they are said as a person would say them. */
  write(text: string): void {
    this.made.tokens += 1;
    this.#say(this.#spoken.push(text));
  }

  #say(text: string): void {
    if (this.#cancelled || text === "") return;
    this.#utterance ??= this.#options.speak((event) => this.#hear(event));
    this.#options.turn.text.wrote(text);
    this.made.characters += text.length;
    for (const part of this.#splitter.push(text)) {
      if (part !== "flush") this.#utterance.write(part.write);
      else this.#flush();
    }
  }

  /** Says something, once, while what the turn is to say keeps the caller waiting. */
  fill(text: string): void {
    if (this.#filled || this.#cancelled) return;
    this.#filled = true;
    this.pause(); // words cut off in the middle are said before
    this.write(text);
    this.pause();
  }

  /** The same from a complete recording, at once, and ahead of all words. Nothing of the turn may have sounded. */
  insert(text: string, recording: PhraseRecording): void {
    const { turn } = this.#options;
    if (this.#filled || this.#cancelled || turn.gate.length > 0) return;
    this.#filled = true;
    turn.text.begins(text);
    let timed = false;
    recording.play((event) => {
      if (event.type !== "audio") return;
      if (event.characters !== undefined) turn.text.timed(event.characters);
      timed ||= event.characters !== undefined;
      turn.gate.write(event.mulaw);
    });
    const { length } = turn.gate;
    if (timed) turn.text.timed({ text: " ", starts: [length], end: length });
    turn.text.pauses(length);
  }

  /** More words will come, but not at once: those so far can be spoken. */
  pause(): void {
    this.#say(this.#spoken.flush());
    if (this.#utterance === undefined || this.#cancelled) return;
    this.#say(" ");
    this.#flush();
  }

  /** No more words: resolves when all audio was handed over, rejects when the voice failed. */
  async end(): Promise<void> {
    this.#say(this.#spoken.flush());
    const utterance = this.#utterance;
    if (utterance === undefined || this.#cancelled) return;
    this.#options.reached("first-clause");
    utterance.end();
    if (this.#outcome === "speaking") {
      await new Promise<void>((resolve, reject) => {
        this.#over = { resolve, reject };
      });
    } else if (this.#outcome !== "done") throw this.#outcome;
  }

  /** Stops making it. What was handed over stays with the playback. */
  cancel(): void {
    this.#cancelled = true;
    this.#utterance?.cancel();
    this.#over?.resolve();
  }

  #flush(): void {
    this.#options.reached("first-clause");
    this.#utterance?.flush();
  }

  #hear(event: SpeechEvent): void {
    if (this.#cancelled) return;
    const { turn, reached } = this.#options;
    if (event.type === "audio") {
      if (event.characters !== undefined) turn.text.timed(event.characters);
      if (event.mulaw.length === 0) return;
      reached("tts-first-byte");
      turn.gate.write(event.mulaw);
      return;
    }
    // What was spoken before a failure is still played to its end.
    if (turn.gate.length > 0) turn.gate.end();
    this.#outcome = event.type === "done" ? "done" : event.error;
    if (event.type === "done") this.#over?.resolve();
    else this.#over?.reject(event.error);
  }
}

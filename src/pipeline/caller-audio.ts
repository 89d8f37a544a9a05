import { durationOf, SILENCE } from "../audio/audio-format.ts";
import { Framer } from "../audio/framer.ts";
import type { SpeechDetector } from "../audio/voice-activity.ts";
import type { Clock } from "../runtime/clock.ts";
import type { GatewayError } from "../runtime/errors.ts";
import { FrameTimes } from "./frame-times.ts";
import type { SpeechToText, TranscriptEvent, TranscriptionStream } from "./speech-to-text.ts";
import type { Happening } from "./turn-manager.ts";

export interface CallerAudioOptions {
  readonly clock: Clock;
  readonly speechToText: SpeechToText;
  readonly voiceActivity: () => SpeechDetector;
  readonly happened: (happening: Happening) => void;
  /** Whether the caller is just hearing a sentence that must not be interrupted. */
  readonly isProtected: () => boolean;
  readonly failed: (error: GatewayError) => void;
}

/** The caller's side: audio to the recogniser and to local voice activity, words and onsets to the turn core. */
export class CallerAudio {
  readonly #options: CallerAudioOptions;
  readonly #voiceActivity: SpeechDetector;
  readonly #framer = new Framer((frame) => this.#detectVoice(frame));
  #transcription: TranscriptionStream | undefined;
  #muted = false;
  /** The recogniser has said that nobody hears the caller just now. */
  #unheard = false;
  /** Audio given to the recogniser, in ms. */
  #pushed = 0;
  readonly #times = new FrameTimes();

  constructor(options: CallerAudioOptions) {
    this.#options = options;
    this.#voiceActivity = options.voiceActivity();
  }

  /** Opens the recogniser. */
  open(language: string, hints: readonly string[]): void {
    const { speechToText, happened, failed } = this.#options;
    this.#transcription = speechToText.open({ language }, (event) => {
      if (event.type === "failed") {
        failed(event.error);
        if (event.error.retryable) this.#hears(false);
        else happened({ type: "deaf" });
      } else if (event.type === "interrupted") this.#hears(false);
      else if (event.type === "ready") this.#hears(true);
      else this.#heard(event);
    });
    this.#transcription.hint(hints);
  }

  #heard(event: TranscriptEvent): void {
    const { happened, isProtected } = this.#options;
    if (event.type === "final") {
      const { type, text, confidence, through } = event;
      const saidUntil = through === undefined ? undefined : this.#arrivalOf(through);
      const words = { type, text, confidence, protected: isProtected() };
      happened(saidUntil === undefined ? words : { ...words, saidUntil });
    } else if (event.type === "interim") happened({ ...event, protected: isProtected() });
    else if (event.type === "endpoint" || event.type === "eager-endpoint" || event.type === "resumed")
      happened(event);
    if (event.type === "interim" || event.type === "final") this.#hears(true);
  }

  #hears(hears: boolean): void {
    if (this.#unheard === !hears) return;
    this.#unheard = !hears;
    this.#options.happened({ type: "hearing", lost: !hears });
  }

  /** When the caller's audio before `ms` (of all that was pushed) had come. */
  #arrivalOf(ms: number): number {
    return this.#options.clock.now() - Math.max(0, this.#pushed - ms);
  }

  /** While muted the recogniser hears silence, and words that it still gives are not told. */
  mute(muted: boolean): void {
    this.#muted = muted;
  }

  push(mulaw: Uint8Array): void {
    this.#pushed += durationOf(mulaw.length);
    this.#transcription?.push(this.#muted ? new Uint8Array(mulaw.length).fill(SILENCE) : mulaw);
    this.#times.arrived(this.#options.clock.now() - durationOf(mulaw.length + this.#framer.held));
    this.#framer.push(mulaw);
  }

  finalize(): void {
    this.#transcription?.finalize();
  }

  hint(phrases: readonly string[]): void {
    this.#transcription?.hint(phrases);
  }

  async close(): Promise<void> {
    this.#voiceActivity.close();
    await this.#transcription?.close();
  }

  #detectVoice(frame: Uint8Array): void {
    const change = this.#voiceActivity.feed(frame, this.#times.passed(durationOf(frame.length)));
    if (change === undefined) return;
    const { since } = this.#voiceActivity;
    if (change === "speech-ended") this.#options.happened({ type: change, since });
    else this.#options.happened({ type: change, since, protected: this.#options.isProtected() });
  }
}

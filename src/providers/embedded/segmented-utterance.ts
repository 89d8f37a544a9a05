import { durationOf } from "../../audio/audio-format.ts";
import { estimateCharacters, type SpeechEvent, type Utterance } from "../../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { type FliteVoiceName, isSpeakable } from "./flite-voice.ts";
import type { SynthesisService } from "./synthesis-service.ts";

/** UTF-16 units spoken in one go: half a minute of speech, 0.2 s of work. Longer text is cut at a blank. */
const LONGEST_SEGMENT = 400;

/** An utterance whose every flushed part is one synthesis. */
export class SegmentedUtterance implements Utterance {
  readonly #clock: Clock;
  readonly #service: SynthesisService;
  readonly #voice: FliteVoiceName;
  readonly #listener: (event: SpeechEvent) => void;
  readonly #requested = new Set<Cancel>();
  #text = "";
  #first = true;
  #spoken = 0;
  #ended = false;
  #over = false;

  constructor(
    clock: Clock,
    service: SynthesisService,
    voice: FliteVoiceName,
    listener: (event: SpeechEvent) => void,
  ) {
    this.#clock = clock;
    this.#service = service;
    this.#voice = voice;
    this.#listener = listener;
  }

  write(text: string): void {
    if (this.#ended || this.#over) return;
    this.#text += text;
    while (this.#text.length > LONGEST_SEGMENT) this.#speak(this.#cut());
  }

  flush(): void {
    if (this.#over || !isSpeakable(this.#text)) return;
    const text = this.#text;
    this.#text = "";
    this.#speak(text);
  }

  end(): void {
    if (this.#ended || this.#over) return;
    this.flush();
    this.#ended = true;
    if (this.#requested.size > 0) return;
    const cancel = this.#clock.after(0, () => this.#finish({ type: "done" }));
    this.#requested.add(cancel);
  }

  cancel(): void {
    this.#over = true;
    this.#text = "";
    for (const cancel of this.#requested) cancel();
    this.#requested.clear();
  }

  #speak(text: string): void {
    const cancel = this.#service.request({
      text,
      voice: this.#voice,
      first: this.#first,
      spoken: (mulaw) => {
        this.#requested.delete(cancel);
        this.#deliver(text, mulaw);
      },
      failed: (error) => this.#finish({ type: "failed", error }),
    });
    this.#first = false;
    this.#requested.add(cancel);
  }

  #deliver(text: string, mulaw: Uint8Array): void {
    const begin = durationOf(this.#spoken);
    this.#spoken += mulaw.length;
    const characters = estimateCharacters(text, begin, durationOf(this.#spoken));
    if (mulaw.length > 0) this.#listener({ type: "audio", mulaw, characters });
    if (this.#ended && this.#requested.size === 0) this.#finish({ type: "done" });
  }

  #finish(event: SpeechEvent): void {
    if (this.#over) return;
    this.cancel();
    this.#listener(event);
  }

  #cut(): string {
    const blank = this.#text.lastIndexOf(" ", LONGEST_SEGMENT);
    const at = blank > 0 ? blank + 1 : LONGEST_SEGMENT;
    const segment = this.#text.slice(0, at);
    this.#text = this.#text.slice(at);
    return segment;
  }
}

import { BYTES_PER_MS, SILENCE } from "../audio/audio-format.ts";
import type { SpeechEvent, Utterance } from "../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import type { VoicePace } from "./voice-pace.ts";

/** Words that the journal does not have, at the pace of its voice. */
export class PacedUtterance implements Utterance {
  readonly #pace: VoicePace;
  readonly #clock: Clock;
  readonly #listener: (event: SpeechEvent) => void;
  readonly #timers = new Set<Cancel>();
  #unspoken = "";
  #spoken = 0;

  constructor(pace: VoicePace, clock: Clock, listener: (event: SpeechEvent) => void) {
    this.#pace = pace;
    this.#clock = clock;
    this.#listener = listener;
  }

  write(text: string): void {
    this.#unspoken += text;
  }

  flush(): void {
    const text = this.#unspoken;
    this.#unspoken = "";
    if (text !== "") this.#later(() => this.#speak(text));
  }

  end(): void {
    this.flush();
    this.#later(() => this.#listener({ type: "done" }));
  }

  cancel(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #later(run: () => void): void {
    const cancel = this.#clock.after(this.#pace.firstByte, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  #speak(text: string): void {
    const { perCharacter } = this.#pace;
    const from = this.#spoken;
    this.#spoken += text.length * perCharacter;
    const mulaw = new Uint8Array(text.length * perCharacter * BYTES_PER_MS).fill(SILENCE);
    const starts = Array.from({ length: text.length }, (_, index) => from + index * perCharacter);
    this.#listener({ type: "audio", mulaw, characters: { text, starts, end: this.#spoken } });
  }
}

import { BYTES_PER_MS, durationOf } from "../../audio/audio-format.ts";
import { encodeMulaw } from "../../audio/mulaw.ts";
import type { SpeechEvent, TextToSpeech, Utterance, VoiceConnection } from "../../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";

export interface ScriptedTextToSpeechOptions {
  readonly clock: Clock;
  /** Between a flush and its audio, in ms. Default 0: at once. */
  readonly firstByte?: number;
  /** Speaking rate. Default 60 ms a character. */
  readonly perCharacter?: number;
}

/** A voice that hums: a steady tone for each word at a known rate, so that every character's time is exact. */
export function scriptedTextToSpeech(options: ScriptedTextToSpeechOptions): TextToSpeech {
  return {
    name: "scripted",
    open: (): VoiceConnection => ({
      speak: (listener) => new HummedUtterance(options, listener),
      close: async () => {},
    }),
  };
}

class HummedUtterance implements Utterance {
  readonly #options: ScriptedTextToSpeechOptions;
  readonly #listener: (event: SpeechEvent) => void;
  #text = "";
  #spoken = 0;
  #timers = new Set<Cancel>();
  #cancelled = false;

  constructor(options: ScriptedTextToSpeechOptions, listener: (event: SpeechEvent) => void) {
    this.#options = options;
    this.#listener = listener;
  }

  write(text: string): void {
    this.#text += text;
  }

  flush(): void {
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#later(() => this.#hum(text));
  }

  end(): void {
    this.flush();
    this.#later(() => this.#listener({ type: "done" }));
  }

  cancel(): void {
    this.#cancelled = true;
    for (const cancel of this.#timers) cancel();
  }

  #later(run: () => void): void {
    const { clock, firstByte = 0 } = this.#options;
    if (firstByte === 0) {
      if (!this.#cancelled) run();
      return;
    }
    const cancel = clock.after(firstByte, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  #hum(text: string): void {
    const { perCharacter = 60 } = this.#options;
    const from = this.#spoken;
    const mulaw = tone(text, perCharacter);
    this.#spoken += durationOf(mulaw.length);
    const starts = Array.from(text, (_, index) => from + index * perCharacter);
    this.#listener({ type: "audio", mulaw, characters: { text, starts, end: this.#spoken } });
  }
}

/** 200 Hz while there are letters, silence between words. */
function tone(text: string, perCharacter: number): Uint8Array {
  const samples = new Int16Array(text.length * perCharacter * BYTES_PER_MS);
  for (let i = 0; i < samples.length; i++) {
    const character = text[Math.floor(i / (perCharacter * BYTES_PER_MS))] ?? " ";
    samples[i] = character === " " ? 0 : Math.round(6000 * Math.sin((2 * Math.PI * 200 * i) / 8000));
  }
  return encodeMulaw(samples);
}

import { BYTES_PER_MS, durationOf } from "../../audio/audio-format.ts";
import type {
  CharacterTimes,
  SpeechEvent,
  TextToSpeech,
  Utterance,
  VoiceConnection,
} from "../../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { spellOut } from "./spelled-sound.ts";

export interface ScriptedTextToSpeechOptions {
  readonly clock: Clock;
  /** Default `scripted`. */
  readonly name?: string;
  /** Between a flush and its audio, in ms. Default 0: at once. */
  readonly firstByte?: number;
  /** Speaking rate. Default 60 ms a character. */
  readonly perCharacter?: number;
  /** Audio of one event, in ms. Default: all of a flush. */
  readonly chunk?: number;
  /** How much faster than real time the chunks of a flush come. Default: all at once. */
  readonly speed?: number;
  /** Whether it tells when characters sound. Default true. */
  readonly times?: boolean;
  /** What goes wrong in the n-th utterance, counted from 1 over all connections. */
  readonly fault?: (utterance: number) => VoiceFault | undefined;
}

/** After so many ms of audio the utterance fails with `PROVIDER_UNAVAILABLE` (`drop`), or says no more (`stall`). */
export interface VoiceFault {
  readonly type: "drop" | "stall";
  readonly after: number;
}

/** A voice that spells: each character sounds as long as any other, so that its time is exact, and can be read again. */
export function scriptedTextToSpeech(options: ScriptedTextToSpeechOptions): TextToSpeech {
  let utterances = 0;
  return {
    name: options.name ?? "scripted",
    open: (): VoiceConnection => ({
      speak: (listener) => new SpelledUtterance(options, options.fault?.(++utterances), listener),
      close: async () => {},
    }),
  };
}

class SpelledUtterance implements Utterance {
  readonly #options: ScriptedTextToSpeechOptions;
  readonly #fault: VoiceFault | undefined;
  readonly #listener: (event: SpeechEvent) => void;
  #text = "";
  /** Audio made and audio told, in bytes. */
  #made = 0;
  #told = 0;
  /** When the next chunk may come. */
  #free = 0;
  #timers = new Set<Cancel>();
  #over = false;

  constructor(
    options: ScriptedTextToSpeechOptions,
    fault: VoiceFault | undefined,
    listener: (event: SpeechEvent) => void,
  ) {
    this.#options = options;
    this.#fault = fault;
    this.#listener = listener;
  }

  write(text: string): void {
    this.#text += text;
  }

  flush(): void {
    const text = this.#text;
    this.#text = "";
    const {
      perCharacter = 60,
      chunk = Number.POSITIVE_INFINITY,
      speed = Number.POSITIVE_INFINITY,
    } = this.#options;
    const sound = spellOut(text, perCharacter);
    const size = Math.min(sound.length, chunk * BYTES_PER_MS);
    for (let at = 0; at < sound.length; at += size) {
      const mulaw = sound.subarray(at, at + size);
      const begin = this.#made;
      this.#made += mulaw.length;
      this.#later(durationOf(mulaw.length) / speed, () =>
        this.#tell(mulaw, timesOf(text, at, begin, mulaw.length, perCharacter)),
      );
    }
  }

  end(): void {
    this.flush();
    this.#later(0, () => {
      if (!this.#breaks(0)) this.#finish({ type: "done" });
    });
  }

  cancel(): void {
    this.#over = true;
    for (const cancel of this.#timers) cancel();
  }

  /** In order; `ms` later than what was to come before. */
  #later(ms: number, run: () => void): void {
    const { clock, firstByte = 0 } = this.#options;
    const due = Math.max(this.#free, clock.now() + firstByte);
    this.#free = due + ms;
    if (due <= clock.now()) {
      if (!this.#over) run();
      return;
    }
    const cancel = clock.after(due - clock.now(), () => {
      this.#timers.delete(cancel);
      if (!this.#over) run();
    });
    this.#timers.add(cancel);
  }

  #tell(mulaw: Uint8Array, characters: CharacterTimes): void {
    if (this.#breaks(mulaw.length)) return;
    this.#told += mulaw.length;
    const timed = this.#options.times ?? true;
    this.#listener({ type: "audio", mulaw, ...(timed && { characters }) });
  }

  /** Whether the fault comes before so many bytes more. */
  #breaks(bytes: number): boolean {
    if (this.#fault === undefined || durationOf(this.#told + bytes) < this.#fault.after) return false;
    if (this.#fault.type === "stall") this.cancel();
    else
      this.#finish({
        type: "failed",
        error: new GatewayError("PROVIDER_UNAVAILABLE", "The voice was cut off"),
      });
    return true;
  }

  #finish(event: SpeechEvent): void {
    this.cancel();
    this.#listener(event);
  }
}

/** Of the characters that begin within the bytes from `at` on; the utterance has `begin` bytes before them. */
function timesOf(
  text: string,
  at: number,
  begin: number,
  bytes: number,
  perCharacter: number,
): CharacterTimes {
  const each = perCharacter * BYTES_PER_MS;
  const first = Math.ceil(at / each);
  const last = Math.ceil((at + bytes) / each);
  const offset = durationOf(begin - at);
  const starts = Array.from({ length: last - first }, (_, index) => offset + (first + index) * perCharacter);
  return { text: text.slice(first, last), starts, end: offset + last * perCharacter };
}

import type { AgentProfile } from "../calls/agent-profile.ts";
import type { SpeechEvent, Utterance, VoiceConnection } from "./text-to-speech.ts";

/** Words spoken once and kept: greetings and other fixed phrases are the same for every call. */
export class PhraseRecording {
  readonly #events: SpeechEvent[] = [];
  readonly #listeners = new Set<(event: SpeechEvent) => void>();
  #complete = false;

  /** Begins to speak at once. `kept` is told when all of it is there, and as it should be. */
  constructor(connection: VoiceConnection, text: string, kept: (recording: PhraseRecording) => void) {
    const utterance = connection.speak((event) => {
      this.#events.push(event);
      for (const listener of this.#listeners) listener(event);
      if (event.type === "audio") return;
      this.#complete = true;
      this.#listeners.clear();
      if (event.type === "done" && !event.makeshift) kept(this);
    });
    utterance.write(text);
    utterance.flush();
    utterance.end();
  }

  get failed(): boolean {
    return this.#events.at(-1)?.type === "failed";
  }

  /** Audio in it, in bytes. */
  get size(): number {
    return this.#events.reduce((size, event) => size + (event.type === "audio" ? event.mulaw.length : 0), 0);
  }

  /** Plays what is there, then what comes. The words are fixed, so only `cancel` does anything. */
  play(listener: (event: SpeechEvent) => void): Utterance {
    let cancelled = false;
    const tell = (event: SpeechEvent): void => {
      if (!cancelled) listener(event);
    };
    for (const event of [...this.#events]) tell(event);
    if (!this.#complete) this.#listeners.add(tell);
    const nothing = (): void => {};
    const cancel = (): void => {
      cancelled = true;
      this.#listeners.delete(tell);
    };
    return { write: nothing, flush: nothing, end: nothing, cancel };
  }
}

/** What names a voice in the cache. */
export function voiceKey(
  provider: string,
  { voice, language }: Pick<AgentProfile, "voice" | "language">,
): string {
  return [provider, voice, language].join(" ");
}

/** Complete recordings by voice and words; the one used longest ago goes first. */
export class PhraseCache {
  readonly #kept = new Map<string, PhraseRecording>();
  #size = 0;

  /** The recording of these words in this voice, begun now on `connection` when there is none. */
  recording(voice: string, text: string, connection: VoiceConnection): PhraseRecording {
    const key = `${voice}\n${text}`;
    const kept = this.#kept.get(key);
    if (kept === undefined)
      return new PhraseRecording(connection, text, (recording) => this.#keep(key, recording));
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  /** The recording, if all of it is there. */
  kept(voice: string, text: string): PhraseRecording | undefined {
    return this.#kept.get(`${voice}\n${text}`);
  }

  #keep(key: string, recording: PhraseRecording): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, recording);
    this.#size += recording.size;
    for (const [oldest, { size }] of this.#kept) {
      if (this.#size <= LARGEST) return;
      this.#kept.delete(oldest);
      this.#size -= size;
    }
  }
}

/** Audio kept, in bytes: about a quarter of an hour. */
const LARGEST = 8 * 1024 * 1024;

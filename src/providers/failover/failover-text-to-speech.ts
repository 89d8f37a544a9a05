import type {
  SpeechEvent,
  TextToSpeech,
  Utterance,
  VoiceConnection,
  VoiceOptions,
} from "../../pipeline/text-to-speech.ts";
import { type FailoverOptions, firstOf } from "./failover-options.ts";
import { FailoverUtterance } from "./failover-utterance.ts";

/**
 * A list of voices as one. Every utterance begins with the first; one that fails before its first audio is begun
 * again with the next, and the listener sees no failure. Nothing is remembered from utterance to utterance.
 *
 * The name is the first one's. The voice's name is given to every provider, which makes of it what it can. A list of
 * one is that provider itself.
 */
export function failoverTextToSpeech(
  providers: readonly TextToSpeech[],
  options: FailoverOptions,
): TextToSpeech {
  const first = firstOf(providers);
  if (providers.length === 1) return first;
  return {
    name: first.name,
    open(voice) {
      const connection = new FailoverConnection(providers, voice, options);
      connection.open();
      return connection;
    },
  };
}

/** One call's connections: the first from the start, each of the others from the first time it is needed. */
class FailoverConnection implements VoiceConnection {
  readonly #providers: readonly TextToSpeech[];
  readonly #voice: VoiceOptions;
  readonly #options: FailoverOptions;
  readonly #connections: VoiceConnection[] = [];
  readonly #live = new Set<Utterance>();
  #closing: Promise<void> | undefined;

  constructor(providers: readonly TextToSpeech[], voice: VoiceOptions, options: FailoverOptions) {
    this.#providers = providers;
    this.#voice = voice;
    this.#options = options;
  }

  open(): void {
    this.#connection(0);
  }

  speak(listener: (event: SpeechEvent) => void): Utterance {
    const utterance = new FailoverUtterance({
      voices: this.#providers.map(({ name }, index) => ({
        name,
        speak: (heard) => this.#connection(index)?.speak(heard),
      })),
      onFailure: this.#options.onFailure,
      listener: (event) => {
        if (event.type !== "audio") this.#live.delete(utterance);
        listener(event);
      },
    });
    this.#live.add(utterance);
    utterance.begin();
    return utterance;
  }

  /** Utterances under way are dropped; their listeners hear nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  /** The provider's connection, opened now when it was not; undefined for an unopened one after `close`. */
  #connection(index: number): VoiceConnection | undefined {
    const open = this.#connections[index];
    if (open !== undefined || this.#closing !== undefined) return open;
    const connection = this.#providers[index]?.open(this.#voice);
    if (connection !== undefined) this.#connections[index] = connection;
    return connection;
  }

  async #shutDown(): Promise<void> {
    for (const utterance of this.#live) utterance.cancel();
    this.#live.clear();
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }
}

import type {
  SpeechEvent,
  TextToSpeech,
  Utterance,
  VoiceConnection,
  VoiceOptions,
} from "../../../pipeline/text-to-speech.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { type FailoverOptions, firstOf } from "../failover-options.ts";
import { FailoverUtterance } from "./failover-utterance.ts";
import type { FailoverVoice } from "./failover-voice.ts";
import { ReplacedConnection } from "./replaced-connection.ts";
import { SpeakingRate } from "./speaking-rate.ts";
import { VoiceOrder } from "./voice-order.ts";

export interface VoiceFailoverOptions extends FailoverOptions {
  readonly clock: Clock;
  /** From words that are due to be spoken (flushed, or the last ones) to their first sound, in ms. */
  readonly firstByte: number;
}

/**
 * A list of voices as one. What one of them fails to speak, or does not begin to speak within `firstByte`, is
 * spoken by another: the caller hears every word once, and the listener no failure as long as any voice works. A list
 * of one has the same voice asked once more.
 *
 * The name is the first one's. The voice's name is given to every provider, which makes of it what it can.
 */
export function failoverTextToSpeech(
  providers: readonly TextToSpeech[],
  options: VoiceFailoverOptions,
): TextToSpeech {
  const { name } = firstOf(providers);
  return {
    name,
    open: (voice) => new FailoverConnection(providers, voice, options),
  };
}

/** One call's connections: the first from the start, each of the others from the first time it is needed. */
class FailoverConnection implements VoiceConnection {
  readonly #options: VoiceFailoverOptions;
  readonly #connections: readonly ReplacedConnection[];
  readonly #voices: readonly FailoverVoice[];
  readonly #order: VoiceOrder;
  readonly #live = new Set<Utterance>();
  #closing: Promise<void> | undefined;

  constructor(providers: readonly TextToSpeech[], voice: VoiceOptions, options: VoiceFailoverOptions) {
    this.#options = options;
    this.#connections = providers.map((provider) => new ReplacedConnection(() => provider.open(voice)));
    this.#voices = providers.map(({ name }, index) => ({
      name,
      rate: new SpeakingRate(),
      speak: (listener) => this.#connections[index]?.speak(listener),
    }));
    const names = providers.map(({ name }) => name);
    this.#order = new VoiceOrder(names, options.breakers, options.clock);
    this.#connections[0]?.open();
  }

  speak(listener: (event: SpeechEvent) => void): Utterance {
    const { clock, firstByte, onFailure, breakers } = this.#options;
    const utterance = new FailoverUtterance({
      clock,
      firstByte,
      voices: this.#voices,
      order: this.#order,
      tell: (voice, outcome) => breakers.tell(voice, outcome),
      onFailure,
      listener,
      over: () => this.#live.delete(utterance),
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

  async #shutDown(): Promise<void> {
    for (const utterance of this.#live) utterance.cancel();
    this.#live.clear();
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }
}

import type { CallEvent } from "./call-event.ts";

/** What one call used of what is paid for. */
export interface CallUsage {
  /** From the answer to the end, in ms. */
  readonly telephony: number;
  /** Of the caller's audio that the recogniser was given, in ms. */
  readonly stt: number;
  /** Tokens that the model read and wrote, replies included that nobody heard. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whether some of the tokens are an estimate: the model did not tell, or was interrupted. */
  readonly estimated: boolean;
  /** Characters that the voice was given. */
  readonly ttsCharacters: number;
}

/** What a call uses, as a fold over its events. */
export class CallUsageFold {
  readonly #listens: boolean;
  #mediaStartedAt: number | undefined;
  #mediaEndedAt: number | undefined;
  #inputTokens = 0;
  #outputTokens = 0;
  #estimated = false;
  #ttsCharacters = 0;

  /** @param listens whether a recogniser of ours hears the call's media stream. */
  constructor(listens: boolean) {
    this.#listens = listens;
  }

  apply(event: CallEvent): void {
    switch (event.type) {
      case "media-started":
        this.#mediaStartedAt ??= event.at;
        break;
      case "call-ended":
        this.#mediaEndedAt ??= event.at;
        break;
      case "model-used":
        this.#inputTokens += event.input;
        this.#outputTokens += event.output;
        this.#estimated ||= event.estimated;
        break;
      case "voice-used":
        this.#ttsCharacters += event.characters;
        break;
      default:
    }
  }

  /** What a call has used that lasted so long (ms) from the answer to its end. */
  whole(telephony: number): CallUsage {
    const heardFrom = this.#listens ? this.#mediaStartedAt : undefined;
    const stt = heardFrom === undefined ? 0 : (this.#mediaEndedAt ?? heardFrom) - heardFrom;
    return {
      telephony: Math.max(0, Math.round(telephony)),
      stt: Math.round(stt),
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      estimated: this.#estimated,
      ttsCharacters: this.#ttsCharacters,
    };
  }
}

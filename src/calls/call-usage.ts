import type { CallEvent } from "./call-event.ts";
import type { UsageState } from "./kept-conversation.ts";

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
  /** In ms, on the media streams before this one. */
  #sttBefore: number;

  /** @param listens whether a recogniser of ours hears the call's media stream. @param before in another process. */
  constructor(listens: boolean, before?: UsageState) {
    this.#listens = listens;
    this.#sttBefore = before?.stt ?? 0;
    this.#inputTokens = before?.inputTokens ?? 0;
    this.#outputTokens = before?.outputTokens ?? 0;
    this.#estimated = before?.estimated ?? false;
    this.#ttsCharacters = before?.ttsCharacters ?? 0;
  }

  /** So far. @param now on the clock of the events. */
  state(now: number): UsageState {
    const stt = this.#sttUntil(this.#mediaEndedAt ?? now);
    const { telephony: _, ...used } = { ...this.whole(0), stt };
    return used;
  }

  apply(event: CallEvent): void {
    switch (event.type) {
      case "media-started":
        this.#mediaStartedAt ??= event.at;
        break;
      case "media-lost":
        this.#sttBefore += this.#heardHere(event.at);
        this.#mediaStartedAt = undefined;
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
    return {
      telephony: Math.max(0, Math.round(telephony)),
      stt: this.#sttUntil(this.#mediaEndedAt),
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      estimated: this.#estimated,
      ttsCharacters: this.#ttsCharacters,
    };
  }

  #sttUntil(until: number | undefined): number {
    return Math.round(this.#sttBefore + (until === undefined ? 0 : this.#heardHere(until)));
  }

  #heardHere(until: number): number {
    const from = this.#listens ? this.#mediaStartedAt : undefined;
    return from === undefined ? 0 : until - from;
  }
}

import type {
  SpeechToText,
  TranscriptEvent,
  TranscriptionOptions,
  TranscriptionStream,
} from "../../src/pipeline/speech-to-text.ts";
import { type ErrorCode, GatewayError } from "../../src/runtime/errors.ts";

/** A recogniser whose streams can be made to fail, and that can be down. */
export class FaultyRecogniser implements SpeechToText {
  readonly name: string;
  readonly endpoints: SpeechToText["endpoints"];
  readonly punctuates: boolean;
  /** Whether every new stream is refused. */
  down = false;
  /** Whether it says nothing to what it hears. */
  mute = false;
  opened = 0;
  readonly #inner: SpeechToText;
  readonly #live = new Set<(event: TranscriptEvent) => void>();

  constructor(name: string, inner: SpeechToText) {
    this.name = name;
    this.endpoints = inner.endpoints;
    this.punctuates = inner.punctuates;
    this.#inner = inner;
  }

  open(options: TranscriptionOptions, listener: (event: TranscriptEvent) => void): TranscriptionStream {
    this.opened += 1;
    if (this.down) {
      listener(failure("PROVIDER_REFUSED"));
      return { push: () => {}, finalize: () => {}, hint: () => {}, close: async () => {} };
    }
    const tell = (event: TranscriptEvent): void => {
      if (this.#live.has(tell) && (!this.mute || event.type === "failed")) listener(event);
      if (event.type === "failed") this.#live.delete(tell);
    };
    this.#live.add(tell);
    const stream = this.#inner.open(options, tell);
    return {
      push: (mulaw) => stream.push(mulaw),
      finalize: () => stream.finalize(),
      hint: (phrases) => stream.hint(phrases),
      close: () => {
        this.#live.delete(tell);
        return stream.close();
      },
    };
  }

  /** All streams under way say that they are over, and nothing after it. */
  fail(code: ErrorCode = "PROVIDER_REFUSED"): void {
    for (const tell of this.#live) tell(failure(code));
  }
}

function failure(code: ErrorCode): TranscriptEvent {
  return { type: "failed", error: new GatewayError(code, "made to fail") };
}

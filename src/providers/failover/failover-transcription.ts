import { BYTES_PER_MS } from "../../audio/audio-format.ts";
import type {
  SpeechToText,
  TranscriptEvent,
  TranscriptionOptions,
  TranscriptionStream,
} from "../../pipeline/speech-to-text.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import type { GatewayError } from "../../runtime/errors.ts";
import type { FailoverOptions } from "./failover-options.ts";
import { RecentAudio } from "./recent-audio.ts";

/** A provider that tries again by itself has so long to come back, in ms. */
const GRACE = 2_000;
/** Audio kept for the next provider: 5 s. Older audio that no final words cover is lost to it. */
const MOST_KEPT = 5_000 * BYTES_PER_MS;

export interface FailoverTranscriptionParts extends FailoverOptions {
  readonly clock: Clock;
  /** In failover order; at least one. */
  readonly providers: readonly SpeechToText[];
  readonly transcription: TranscriptionOptions;
  readonly listener: (event: TranscriptEvent) => void;
}

/**
 * One caller's stream, carried on by the next provider when the present one says that it is over, or has failed and
 * shown neither `ready` nor words for 2 s. The next one is given the audio since the last final, the hints in force
 * and a `finalize` that was not answered; what it hears of the same words replaces the interim before. It stays for
 * the rest of the stream. Only the last provider's failures reach the listener.
 */
export class FailoverTranscription implements TranscriptionStream {
  readonly #parts: FailoverTranscriptionParts;
  readonly #recent = new RecentAudio(MOST_KEPT);
  /** Which provider listens; -1: none, the stream is closed. Events of all others are late ones. */
  #provider = -1;
  #stream: TranscriptionStream | undefined;
  readonly #retired: Promise<unknown>[] = [];
  /** Set while the present provider has failed and may come back. */
  #cancelGrace: Cancel | undefined;
  #hints: readonly string[] = [];
  #finalizing = false;
  /** An `eager-endpoint` was told and nothing after it. */
  #eager = false;
  #closing: Promise<void> | undefined;

  constructor(parts: FailoverTranscriptionParts) {
    this.#parts = parts;
  }

  open(): void {
    this.#use(0);
  }

  push(mulaw: Uint8Array): void {
    if (this.#hasSuccessor) this.#recent.append(mulaw);
    this.#stream?.push(mulaw);
  }

  finalize(): void {
    this.#finalizing = true;
    this.#stream?.finalize();
  }

  hint(phrases: readonly string[]): void {
    this.#hints = [...phrases];
    this.#stream?.hint(phrases);
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  get #hasSuccessor(): boolean {
    return this.#provider >= 0 && this.#provider + 1 < this.#parts.providers.length;
  }

  #use(provider: number): void {
    const { providers, transcription } = this.#parts;
    this.#provider = provider;
    const stream = (providers[provider] as SpeechToText).open(transcription, (event) => {
      if (this.#provider === provider) this.#hear(event);
    });
    if (this.#provider !== provider) {
      // It failed before `open` returned, and the next one is in its place.
      this.#retire(stream);
      return;
    }
    this.#stream = stream;
    this.#bringUpToDate(stream);
  }

  /** Any of the steps may make the provider fail, and so change the stream, before it returns. */
  #bringUpToDate(stream: TranscriptionStream): void {
    const finalizing = this.#finalizing;
    if (this.#hints.length > 0) stream.hint(this.#hints);
    for (const piece of this.#recent.pieces()) {
      if (this.#stream === stream) stream.push(piece);
    }
    if (finalizing && this.#stream === stream) this.finalize();
  }

  #hear(event: TranscriptEvent): void {
    if (event.type === "failed") return this.#failed(event.error);
    if (event.type === "ready" || ("text" in event && event.text !== "")) this.#recovered();
    // An empty final while it fails is a way of giving up, not an answer.
    if (event.type === "final" && this.#cancelGrace === undefined) {
      this.#recent.clear();
      this.#finalizing = false;
    }
    if (event.type === "eager-endpoint") this.#eager = true;
    if (event.type === "resumed" || event.type === "endpoint") this.#eager = false;
    this.#parts.listener(event);
  }

  #failed(error: GatewayError): void {
    const { clock, onFailure, listener, providers } = this.#parts;
    if (!this.#hasSuccessor) return listener({ type: "failed", error });
    onFailure((providers[this.#provider] as SpeechToText).name, error);
    if (error.retryable) this.#cancelGrace ??= clock.after(GRACE, () => this.#giveUp());
    else this.#giveUp();
  }

  #recovered(): void {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
  }

  #giveUp(): void {
    const next = this.#provider + 1;
    this.#recovered();
    if (this.#stream !== undefined) this.#retire(this.#stream);
    this.#stream = undefined;
    if (this.#eager) {
      this.#eager = false;
      this.#parts.listener({ type: "resumed" });
    }
    if (this.#closing === undefined) this.#use(next);
  }

  /** Closed after the present event, which may come from the middle of the stream's own work. */
  #retire(stream: TranscriptionStream): void {
    this.#retired.push(Promise.allSettled([Promise.resolve().then(() => stream.close())]));
  }

  async #shutDown(): Promise<void> {
    this.#provider = -1;
    this.#recovered();
    const stream = this.#stream;
    this.#stream = undefined;
    await Promise.all([stream?.close(), ...this.#retired]);
  }
}

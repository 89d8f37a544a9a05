import { loadVoiceActivity, type VoiceActivityFactory } from "../../audio/voice-activity.ts";
import type {
  SpeechToText,
  TranscriptEvent,
  TranscriptionOptions,
  TranscriptionStream,
} from "../../pipeline/speech-to-text.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { CloseReason } from "../../runtime/closable.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { GatedStream } from "./gated-stream.ts";
import { LastingWorker, workerEntry } from "./lasting-worker.ts";
import type { RecogniserLink, RecogniserListener } from "./recogniser-link.ts";
import type { RecogniserReply } from "./recogniser-sessions.ts";

/** Open streams: one recogniser each, 15 MB; one thread works for about 30 callers who speak at the same time. */
const MAX_STREAMS = 32;

export interface EmbeddedSpeechToTextOptions {
  /** Where recognition runs; unset: in one worker thread for the process. */
  readonly link?: (listener: RecogniserListener) => RecogniserLink;
  /** How many streams may be open; 1 to 200. */
  readonly maxStreams?: number;
  /** Words of hints that the recogniser cannot know, for a debug log. Caller content it is not. */
  readonly onWordsLeftOut?: (words: readonly string[]) => void;
}

/**
 * Speech recognition without any account: a demo recogniser for short answers in US English, fed only while
 * the caller speaks. Understands what the agent hinted and a few words more; anything else is, mostly, "".
 */
export class EmbeddedSpeechToText implements SpeechToText {
  readonly name = "embedded";
  readonly endpoints = "none";
  readonly punctuates = false;
  readonly #clock: Clock;
  readonly #activity: VoiceActivityFactory;
  readonly #options: EmbeddedSpeechToTextOptions;
  readonly #link: RecogniserLink;
  readonly #streams = new Map<number, GatedStream>();
  #lastStream = 0;
  #lastReplyAt = 0;
  #up = false;

  /** `activity`: from {@link loadVoiceActivity}. */
  constructor(clock: Clock, activity: VoiceActivityFactory, options: EmbeddedSpeechToTextOptions = {}) {
    this.#clock = clock;
    this.#activity = activity;
    this.#options = options;
    const listener: RecogniserListener = {
      up: () => this.#connected(),
      message: (reply) => this.#answered(reply),
      down: (error) => this.#lost(error),
    };
    this.#link = options.link?.(listener) ?? recognisingWorker(clock, listener);
  }

  /** Starts the thread ahead of the first call, which otherwise waits about 250 ms for its first words. */
  start(): void {
    this.#link.start();
  }

  open(_options: TranscriptionOptions, listener: (event: TranscriptEvent) => void): TranscriptionStream {
    const bound = this.#options.maxStreams ?? MAX_STREAMS;
    if (this.#streams.size >= bound) return refusal(this.#clock, bound, listener);
    this.#link.start();
    const id = ++this.#lastStream;
    const stream = new GatedStream({
      id,
      clock: this.#clock,
      activity: this.#activity(),
      post: (order) => this.#link.post(order),
      listener,
      late: (since) => this.#late(since),
      closed: () => this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    if (this.#up) stream.connect();
    return stream;
  }

  /** Closes all streams and ends the thread. */
  async close(_reason: CloseReason): Promise<void> {
    await Promise.all(Array.from(this.#streams.values(), (stream) => stream.close()));
    await this.#link.close();
  }

  #connected(): void {
    this.#up = true;
    this.#lastReplyAt = this.#clock.now();
    for (const stream of this.#streams.values()) stream.connect();
  }

  #answered(reply: RecogniserReply): void {
    this.#lastReplyAt = this.#clock.now();
    if (reply.type === "left-out") this.#options.onWordsLeftOut?.(reply.words);
    else this.#streams.get(reply.stream)?.answered(reply);
  }

  #lost(error: Error): void {
    this.#up = false;
    const failure = new GatewayError("PROVIDER_UNAVAILABLE", "The recognising thread ended", {
      cause: error,
    });
    for (const stream of this.#streams.values()) stream.lost(failure);
  }

  /** A stream has waited in vain since then: a thread that answered nobody meanwhile is replaced. */
  #late(since: number): void {
    if (this.#lastReplyAt <= since) this.#link.replace("It answered nobody");
  }
}

/** The embedded recogniser on its worker thread. */
export async function loadEmbeddedSpeechToText(
  clock: Clock,
  options: EmbeddedSpeechToTextOptions = {},
): Promise<EmbeddedSpeechToText> {
  return new EmbeddedSpeechToText(clock, await loadVoiceActivity(), options);
}

function recognisingWorker(clock: Clock, listener: RecogniserListener): RecogniserLink {
  return new LastingWorker(clock, workerEntry("recogniser-worker", import.meta.url), {
    up: () => listener.up(),
    message: (reply) => listener.message(reply as RecogniserReply),
    down: (error) => listener.down(error),
  });
}

/** A stream that says once that there is no room, and does nothing. */
function refusal(
  clock: Clock,
  bound: number,
  listener: (event: TranscriptEvent) => void,
): TranscriptionStream {
  const error = new GatewayError("PROVIDER_REFUSED", `${bound} calls use the embedded recogniser already`);
  const cancel = clock.after(0, () => listener({ type: "failed", error }));
  return { push: () => {}, finalize: () => {}, hint: () => {}, close: async () => cancel() };
}

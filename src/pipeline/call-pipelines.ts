import type { Call } from "../calls/call.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { TypedInput } from "../calls/typed-input.ts";
import type { Cancel } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { CallPipeline, type PipelineHost } from "./call-pipeline.ts";
import type { MediaSink } from "./media-sink.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { SpeechToSpeechPipeline } from "./speech-to-speech-pipeline.ts";

/** One call's conversation, whatever it is made of. */
interface CallConversation extends MediaSink {
  /** Opens what it needs while the call still rings. */
  prepare(): void;
  typed(text: string): void;
  close(): Promise<void>;
}

interface Conversing {
  readonly pipeline: CallConversation;
  /** Gives up waiting for the media. */
  readonly cancelWait: Cancel;
}

/**
 * The conversations of all live calls. One is prepared when its call begins to ring, so that recogniser and
 * voice are connected and the greeting is spoken by the time the media socket opens, and closed when it ends.
 */
export class CallPipelines implements TypedInput {
  readonly #registry: CallRegistry;
  readonly #parts: PipelineParts;
  readonly #live = new Map<number, Conversing>();
  readonly #closing = new Set<Promise<void>>();

  constructor(registry: CallRegistry, parts: PipelineParts) {
    this.#registry = registry;
    this.#parts = parts;
  }

  /** Begins to follow the calls. */
  start(): void {
    this.#registry.events.on("event", ({ type, sessionId }) => {
      const call = type === "call-ringing" ? this.#registry.find(sessionId)?.call : undefined;
      if (call !== undefined) this.#prepare(call);
    });
    this.#registry.events.on("ending", ({ sessionId }) => this.#close(sessionId));
  }

  /** The conversation of a call whose media has come. */
  of(call: Call): MediaSink {
    const { pipeline, cancelWait } = this.#live.get(call.sessionId) ?? this.#prepare(call);
    cancelWait();
    return pipeline;
  }

  typed(sessionId: number, text: string): void {
    const pipeline = this.#live.get(sessionId)?.pipeline;
    if (pipeline === undefined || this.#registry.find(sessionId)?.phase !== "in-progress") {
      throw new GatewayError("NOT_FOUND", "Call session not found");
    }
    pipeline.typed(text);
  }

  /** Resolves when every conversation that has ended has let go of its providers. */
  async closed(): Promise<void> {
    while (this.#closing.size > 0) await Promise.allSettled(this.#closing);
  }

  #prepare(call: Call): Conversing {
    const { sessionId } = call;
    const pipeline = this.#conversation(call);
    const cancelWait = this.#parts.clock.after(MEDIA_LIMIT, () => this.#registry.end(sessionId, "no-media"));
    const conversing = { pipeline, cancelWait };
    this.#live.set(sessionId, conversing);
    pipeline.prepare();
    return conversing;
  }

  #conversation(call: Call): CallConversation {
    const { sessionId, profile } = call;
    const host: PipelineHost = {
      publish: (fact) => this.#registry.publish(sessionId, fact),
      end: (reason) => this.#registry.end(sessionId, reason),
    };
    const { speechToSpeech } = this.#parts;
    if (profile.mode === "cascade" || speechToSpeech === undefined)
      return new CallPipeline(call, this.#parts, host);
    return new SpeechToSpeechPipeline(call, { ...this.#parts, speechToSpeech }, host);
  }

  #close(sessionId: number): void {
    const conversing = this.#live.get(sessionId);
    if (conversing === undefined) return;
    this.#live.delete(sessionId);
    conversing.cancelWait();
    const closing = conversing.pipeline.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** How long after its TwiML a call's media may come before its line is given to another, in ms. */
const MEDIA_LIMIT = 60_000;

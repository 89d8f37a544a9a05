import { announcingRecording } from "../calls/announced-recording.ts";
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
  /** Stops waiting for the answer or for the media. */
  cancelWait: Cancel;
  hasMedia: boolean;
}

/**
 * The conversations of all live calls. One is prepared when its call begins to ring, so that recogniser and
 * voice are connected and the greeting is spoken by the time the media socket opens, and closed when it ends.
 */
export class CallPipelines implements TypedInput {
  readonly #registry: CallRegistry;
  readonly #parts: PipelineParts;
  readonly #partsOf: (call: Call, parts: PipelineParts) => PipelineParts;
  readonly #live = new Map<number, Conversing>();
  readonly #closing = new Set<Promise<void>>();

  /** @param partsOf what one call's conversation gets in place of the parts of all. */
  constructor(
    registry: CallRegistry,
    parts: PipelineParts,
    partsOf: (call: Call, parts: PipelineParts) => PipelineParts = (_, all) => all,
  ) {
    this.#registry = registry;
    this.#parts = parts;
    this.#partsOf = partsOf;
  }

  /** Begins to follow the calls. */
  start(): void {
    this.#registry.events.on("event", ({ type, sessionId }) => {
      const call = this.#registry.find(sessionId)?.call;
      if (call?.media !== "stream") return;
      if (type === "call-ringing") this.#prepare(call);
      if (type === "call-answered") this.#awaitMedia(call);
    });
    this.#registry.events.on("ending", ({ sessionId }) => this.#close(sessionId));
  }

  /** The conversation of a call whose media has come. */
  of(call: Call): MediaSink {
    const conversing = this.#live.get(call.sessionId) ?? this.#prepare(call);
    conversing.cancelWait();
    conversing.hasMedia = true;
    return conversing.pipeline;
  }

  typed(sessionId: number, text: string): void {
    const pipeline = this.#live.get(sessionId)?.pipeline;
    if (pipeline === undefined || this.#registry.find(sessionId)?.status !== "answered") {
      throw new GatewayError("NOT_FOUND", "Call session not found");
    }
    pipeline.typed(text);
  }

  /** Resolves when every conversation that has ended has let go of its providers. */
  async closed(): Promise<void> {
    while (this.#closing.size > 0) await Promise.allSettled(this.#closing);
  }

  #prepare(call: Call): Conversing {
    const { sessionId, direction } = call;
    const pipeline = this.#conversation(call);
    // How long a call that we place may ring is between the carrier and whoever placed it.
    const cancelWait =
      direction === "outbound"
        ? () => {}
        : this.#parts.clock.after(RING_LIMIT, () => this.#registry.end(sessionId, "no-answer"));
    const conversing = { pipeline, cancelWait, hasMedia: false };
    this.#live.set(sessionId, conversing);
    pipeline.prepare();
    return conversing;
  }

  /** Somebody has picked up: the media must come now. */
  #awaitMedia(call: Call): void {
    const { sessionId } = call;
    const conversing = this.#live.get(sessionId) ?? this.#prepare(call);
    if (conversing.hasMedia) return;
    conversing.cancelWait();
    conversing.cancelWait = this.#parts.clock.after(MEDIA_LIMIT, () =>
      this.#registry.end(sessionId, "no-media"),
    );
  }

  #conversation(call: Call): CallConversation {
    const { sessionId } = call;
    const profile = announcingRecording(call.profile);
    const announcing = { ...call, profile };
    const host: PipelineHost = {
      publish: (fact) => this.#registry.publish(sessionId, fact),
      end: (reason) => this.#registry.end(sessionId, reason),
    };
    const parts = this.#partsOf(call, this.#parts);
    const { speechToSpeech } = parts;
    if (profile.mode === "cascade" || speechToSpeech === undefined)
      return new CallPipeline(announcing, parts, host);
    return new SpeechToSpeechPipeline(announcing, { ...parts, speechToSpeech }, host);
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

/** How long a call may ring, in ms, before its line is given to another. */
const RING_LIMIT = 60_000;
/** How long after the answer a call's media may come, in ms. */
const MEDIA_LIMIT = 60_000;

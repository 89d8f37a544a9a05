import { announcingRecording } from "../calls/announced-recording.ts";
import type { Call } from "../calls/call.ts";
import type { EndReason } from "../calls/call-event.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { Conversations, ConversationToKeep } from "../calls/kept-conversation.ts";
import type { TypedInput } from "../calls/typed-input.ts";
import type { Cancel } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { CallConversation, PipelineHost, TakenUp } from "./call-conversation.ts";
import { CallPipeline } from "./call-pipeline.ts";
import { kept, takenUp } from "./kept-messages.ts";
import type { MediaSink } from "./media-sink.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { profileToldSoFar } from "./profile-told-so-far.ts";
import { SpeechToSpeechPipeline } from "./speech-to-speech-pipeline.ts";

interface Conversing {
  readonly pipeline: CallConversation;
  /** Stops waiting for the answer or for the media. */
  cancelWait: Cancel;
  hasMedia: boolean;
  /** Its media was lost; it waits to be gone on with. */
  suspended: boolean;
}

/**
 * The conversations of all live calls. One is prepared when its call begins to ring, so that recogniser and
 * voice are connected and the greeting is spoken by the time the media socket opens, and closed when it ends.
 */
export class CallPipelines implements TypedInput, Conversations {
  readonly #registry: CallRegistry;
  readonly #parts: PipelineParts;
  readonly #partsOf: (call: Call, parts: PipelineParts) => PipelineParts;
  readonly #live = new Map<number, Conversing>();
  readonly #onChanged: (sessionId: number) => void;
  readonly #closing = new Set<Promise<void>>();

  /**
   * @param partsOf what one call's conversation gets in place of the parts of all.
   * @param onChanged told of each call of whose conversation there is something new to keep.
   */
  constructor(
    registry: CallRegistry,
    parts: PipelineParts,
    partsOf: (call: Call, parts: PipelineParts) => PipelineParts = (_, all) => all,
    onChanged: (sessionId: number) => void = () => {},
  ) {
    this.#registry = registry;
    this.#parts = parts;
    this.#partsOf = partsOf;
    this.#onChanged = onChanged;
  }

  /** Begins to follow the calls. */
  start(): void {
    this.#registry.events.on("event", ({ type, sessionId }) => {
      if (type === "call-moved") this.#close(sessionId);
      const call = this.#registry.find(sessionId)?.call;
      if (call?.media !== "stream") return;
      if (type === "call-ringing") this.#prepare(call);
      if (type === "call-answered") this.#awaitMedia(call);
      if (type === "call-resumed") this.#goOn(call);
    });
    this.#registry.events.on("suspending", ({ sessionId }) => this.#suspend(sessionId));
    this.#registry.events.on("returning", ({ sessionId }) => this.#takeUp(sessionId));
    this.#registry.events.on("ending", ({ sessionId }) => this.#close(sessionId));
  }

  /** The conversation of a call whose media has come. */
  of(call: Call): MediaSink {
    const conversing = this.#takeUp(call.sessionId) ?? this.#prepare(call);
    conversing.cancelWait();
    conversing.hasMedia = true;
    return conversing.pipeline;
  }

  toKeep(sessionId: number): ConversationToKeep | undefined {
    const changes = this.#live.get(sessionId)?.pipeline.changes;
    return changes && kept(changes);
  }

  /** Whether nobody would lose a word if the call went on elsewhere from now on. */
  isQuiet(sessionId: number): boolean {
    const conversing = this.#live.get(sessionId);
    return conversing?.hasMedia === true && conversing.pipeline.isQuiet;
  }

  /** Says goodbye in all calls that have their media; each ends for this reason when that was heard. */
  dismiss(reason: EndReason): void {
    for (const [sessionId, { pipeline, hasMedia }] of this.#live) {
      const call = this.#registry.find(sessionId)?.call;
      if (hasMedia && call !== undefined) pipeline.dismiss(reason, call.profile.phrases.shutdownGoodbye);
    }
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

  #prepare(call: Call, left?: TakenUp): Conversing {
    const { sessionId, direction } = call;
    const pipeline = this.#conversation(call, left);
    // How long a call that we place may ring is between the carrier and whoever placed it.
    const cancelWait =
      direction === "outbound"
        ? () => {}
        : this.#parts.clock.after(RING_LIMIT, () => this.#registry.end(sessionId, "no-answer"));
    const conversing = { pipeline, cancelWait, hasMedia: false, suspended: false };
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

  /** A call that another process has had. */
  #goOn(call: Call): void {
    const { sessionId } = call;
    const record = this.#registry.find(sessionId);
    const stored = record?.left;
    const left = stored && takenUp(stored);
    if (left !== undefined) this.#tellLastWords(sessionId, left, stored?.sounding);
    const conversing = this.#prepare(call, left);
    const rings = call.direction === "outbound" && record?.answeredAt === undefined;
    if (!rings) this.#awaitReturn(conversing, sessionId);
  }

  /** The end of what the caller was hearing when the process died, which could not tell any more. */
  #tellLastWords(sessionId: number, { messages }: TakenUp, turn: number | undefined): void {
    const last = messages.at(-1);
    if (turn === undefined || last?.role !== "agent") return;
    const said = { turn, text: last.text, final: true, interrupted: true };
    this.#registry.publish(sessionId, { type: "agent-heard", ...said, startedAt: this.#parts.clock.now() });
  }

  #suspend(sessionId: number): void {
    const conversing = this.#live.get(sessionId);
    if (conversing === undefined) return;
    conversing.pipeline.suspend();
    conversing.suspended = true;
    conversing.hasMedia = false;
    this.#awaitReturn(conversing, sessionId);
  }

  /** The media of a suspended call comes back: its conversation is prepared anew, where it was left. */
  #takeUp(sessionId: number): Conversing | undefined {
    const conversing = this.#live.get(sessionId);
    const call = this.#registry.find(sessionId)?.call;
    if (conversing?.suspended !== true || call === undefined) return conversing;
    const { left } = conversing.pipeline;
    this.#close(sessionId, true);
    const anew = this.#prepare(call, left);
    this.#awaitReturn(anew, sessionId);
    return anew;
  }

  #awaitReturn(conversing: Conversing, sessionId: number): void {
    conversing.cancelWait();
    conversing.cancelWait = this.#parts.clock.after(RESUME_LIMIT, () =>
      this.#registry.end(sessionId, "media-lost"),
    );
  }

  #conversation(call: Call, left: TakenUp | undefined): CallConversation {
    const { sessionId } = call;
    const profile = announcingRecording(call.profile);
    const announcing = { ...call, profile };
    const host: PipelineHost = {
      publish: (fact) => this.#registry.publish(sessionId, fact),
      end: (reason) => this.#registry.end(sessionId, reason),
      changed: () => this.#onChanged(sessionId),
    };
    // A journal tells of one stream, from the greeting on.
    const parts = left === undefined ? this.#partsOf(call, this.#parts) : this.#parts;
    const { speechToSpeech } = parts;
    if (profile.mode === "cascade" || speechToSpeech === undefined)
      return new CallPipeline(announcing, parts, host, left);
    const said = this.#registry.find(sessionId)?.transcript.entries ?? [];
    const speaking =
      left === undefined ? announcing : { ...call, profile: profileToldSoFar(call.profile, said) };
    return new SpeechToSpeechPipeline(speaking, { ...parts, speechToSpeech }, host, left?.state);
  }

  /** @param goesOn in another pipeline, with what the caller has keyed in secret. */
  #close(sessionId: number, goesOn = false): void {
    const conversing = this.#live.get(sessionId);
    if (conversing === undefined) return;
    if (!goesOn) conversing.pipeline.left?.secrets?.forget();
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
/** How long after the loss of its media, and again after the carrier has asked what to do, a call waits, in ms. */
const RESUME_LIMIT = 15_000;

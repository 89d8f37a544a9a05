import { durationOf } from "../../audio/audio-format.ts";
import type {
  ReplyDemand,
  ReplyOutcome,
  SpeechSession,
  SpeechSessionEvent,
} from "../../pipeline/speech-to-speech.ts";
import type { Cancel } from "../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import { ItemAudio } from "./item-audio.ts";
import {
  audioAppend,
  callerText,
  functionCallOutput,
  itemTruncate,
  SESSION_EVENT,
  type SessionSettings,
  sessionUpdate,
} from "./realtime-client-events.ts";
import { errorWord, reportedError } from "./realtime-error.ts";
import { readServerEvent, type ServerEvent } from "./realtime-server-events.ts";
import {
  RealtimeSocket,
  type RealtimeSocketListener,
  type RealtimeSocketOptions,
} from "./realtime-socket.ts";
import { ReplyQueue } from "./reply-queue.ts";
import { WaitingAudio } from "./waiting-audio.ts";

export interface RealtimeSessionOptions extends RealtimeSocketOptions {
  readonly settings: SessionSettings;
  /** From dialling to `session.updated`, in ms; at least `connectDeadline`. */
  readonly readyDeadline: number;
}

/**
 * One call's session. Until either side has said something a lost connection is made once more, and nobody notices;
 * after that the service's memory of the conversation is gone with it, and the session has failed.
 */
export class RealtimeSession implements SpeechSession, RealtimeSocketListener {
  readonly #options: RealtimeSessionOptions;
  readonly #listener: (event: SpeechSessionEvent) => void;
  readonly #replies = new ReplyQueue((message) => this.#socket?.send(message));
  readonly #items = new ItemAudio();
  readonly #waiting = new WaitingAudio();
  /** Typed before the session was ready. */
  readonly #typed: string[] = [];
  /** Words of the caller's utterances so far, by item. */
  readonly #callerWords = new Map<string, string>();
  #socket: RealtimeSocket | undefined;
  #cancelDeadline: Cancel | undefined;
  #state: "connecting" | "ready" | "over" = "connecting";
  #attempts = 0;
  #said = false;

  constructor(options: RealtimeSessionOptions, listener: (event: SpeechSessionEvent) => void) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Begins to connect. */
  open(): void {
    const { clock, readyDeadline } = this.#options;
    this.#attempts += 1;
    const socket = new RealtimeSocket(this.#options, this);
    this.#socket = socket;
    this.#cancelDeadline = clock.after(readyDeadline, () =>
      socket.fail(
        new GatewayError("PROVIDER_TIMEOUT", `openai-realtime: no session within ${readyDeadline} ms`),
      ),
    );
    socket.open();
  }

  push(mulaw: Uint8Array): void {
    if (this.#state === "ready") this.#socket?.send(audioAppend(mulaw));
    else if (this.#state === "connecting") this.#waiting.add(mulaw);
  }

  typed(text: string): void {
    if (this.#state === "ready") this.#tell(callerText(text));
    else if (this.#typed.length < MOST_TYPED) this.#typed.push(text);
  }

  toolResult(callId: string, result: string): void {
    this.#tell(functionCallOutput(callId, result));
  }

  respond(demand: ReplyDemand): void {
    this.#replies.ask(demand);
  }

  truncate(item: string, heard: number): void {
    const end = this.#items.end(item, heard);
    if (end !== undefined) this.#tell(itemTruncate(item, end));
  }

  stop(): void {
    this.#replies.stop();
  }

  cancel(): void {
    this.#replies.forget();
    this.#replies.stop();
  }

  async close(): Promise<void> {
    this.#state = "over";
    this.#cancelDeadline?.();
    await this.#socket?.close();
  }

  message(data: string): void {
    let event: ServerEvent;
    try {
      event = readServerEvent(data);
    } catch (error) {
      this.#socket?.fail(asGatewayError(error, "PROVIDER_PROTOCOL"));
      return;
    }
    if (this.#state !== "over") this.#take(event);
  }

  lost(error: GatewayError): void {
    if (this.#state === "over") return;
    this.#cancelDeadline?.();
    const broken = this.#replies.reset();
    if (error.retryable && !this.#said && this.#attempts < MOST_ATTEMPTS) {
      this.#state = "connecting";
      this.open();
      if (broken !== undefined)
        this.#listener({ type: "reply-ended", reply: broken, outcome: "failed", error });
      return;
    }
    this.#state = "over";
    this.#listener({ type: "failed", error });
  }

  #take(event: ServerEvent): void {
    switch (event.type) {
      case "session.created":
        return this.#socket?.send(sessionUpdate(this.#options.settings));
      case "session.updated":
        return this.#ready();
      case "error":
        return this.#complaint(event);
      case "input_audio_buffer.speech_started":
        this.#said = true;
        if (this.#options.settings.interruptible) this.#replies.interrupted();
        return this.#listener({ type: "caller-started", item: event.item });
      case "input_audio_buffer.speech_stopped":
        return this.#listener({ type: "caller-stopped", item: event.item });
      case "transcription.delta":
      case "transcription.completed":
      case "transcription.failed":
        return this.#callerSaid(event);
      case "response.created":
        this.#replies.began(event.reply, event.turn);
        return this.#listener({
          type: "reply-started",
          reply: event.reply,
          ...(event.turn !== undefined && { turn: event.turn }),
        });
      case "response.done":
        return this.#done(event);
      case "other":
        return;
      default:
        return this.#make(event);
    }
  }

  #ready(): void {
    if (this.#state !== "connecting") return;
    this.#state = "ready";
    this.#cancelDeadline?.();
    for (const mulaw of this.#waiting.take()) this.#socket?.send(audioAppend(mulaw));
    for (const text of this.#typed.splice(0)) this.#tell(callerText(text));
    this.#listener({ type: "ready" });
    this.#replies.open();
  }

  #make(event: Extract<ServerEvent, { readonly reply: string }>): void {
    const { reply } = event;
    if (event.type === "response.output_audio.delta") {
      this.#said = true;
      this.#items.add(event.item, durationOf(event.mulaw.length));
      if (event.mulaw.length === 0) return;
      this.#listener({ type: "audio", reply, item: event.item, mulaw: event.mulaw });
    } else if (event.type === "response.output_audio_transcript.delta") {
      this.#listener({ type: "words", reply, item: event.item, text: event.text });
    } else if (event.type === "response.output_item.done") {
      this.#listener({ type: "item-done", reply, item: event.item });
    } else if (event.type === "response.function_call_arguments.done") {
      const { callId: id, name } = event;
      this.#listener({ type: "tool-call", reply, call: { id, name, arguments: event.arguments } });
    }
  }

  #done({ reply, status, error }: Extract<ServerEvent, { type: "response.done" }>): void {
    const outcome = outcomes[status] ?? "failed";
    const reason = outcome === "failed" ? reportedError("a reply failed", error ?? {}) : undefined;
    this.#listener({ type: "reply-ended", reply, outcome, ...(reason && { error: reason }) });
    this.#replies.ended(reply);
  }

  #callerSaid(event: Extract<ServerEvent, { type: `transcription.${string}` }>): void {
    const { item } = event;
    if (event.type === "transcription.delta") {
      const text = (this.#callerWords.get(item) ?? "") + event.text;
      if (text.length <= LONGEST_UTTERANCE && this.#callerWords.size < MOST_UTTERANCES) {
        this.#callerWords.set(item, text);
      }
      return this.#listener({ type: "caller-words", item, text, final: false });
    }
    const soFar = this.#callerWords.get(item) ?? "";
    this.#callerWords.delete(item);
    const text = event.type === "transcription.completed" ? event.text : soFar;
    if (event.type === "transcription.failed") {
      this.#listener({ type: "complaint", error: reportedError("no transcription", event.error) });
    }
    this.#listener({ type: "caller-words", item, text: text.trim(), final: true });
  }

  /** An error does not end the session, except when it is about the session itself. */
  #complaint({ error, causedBy }: Extract<ServerEvent, { type: "error" }>): void {
    const word = errorWord(error);
    if (word === "response_cancel_not_active") return; // it ended while our cancellation was under way
    if (causedBy === SESSION_EVENT) {
      this.#socket?.fail(reportedError("the session was refused", error));
      return;
    }
    const busy = word === "conversation_already_has_active_response";
    const demand = causedBy === undefined ? undefined : this.#replies.refused(causedBy, busy);
    if (demand !== undefined) {
      this.#listener({ type: "refused", turn: demand.turn, error: reportedError("no reply", error) });
    } else if (!busy) this.#listener({ type: "complaint", error: reportedError("an error", error) });
  }

  /** To be said on this connection: before it is ready there is nobody to tell. */
  #tell(message: string): void {
    this.#said = true;
    this.#socket?.send(message);
  }
}

const outcomes: Readonly<Record<string, ReplyOutcome>> = {
  completed: "completed",
  cancelled: "cancelled",
  incomplete: "incomplete",
  failed: "failed",
};

/** The first connection, and once more. */
const MOST_ATTEMPTS = 2;
/** Typed messages kept until the session is ready; further ones are lost. */
const MOST_TYPED = 16;
/** Characters of an utterance's words that are followed while it is being transcribed. */
const LONGEST_UTTERANCE = 20_000;
/** Utterances that are transcribed at the same time. */
const MOST_UTTERANCES = 16;

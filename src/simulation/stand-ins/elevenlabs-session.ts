import type { RawData, WebSocket } from "ws";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { DEFAULT_SCHEDULE, SpeechContext, type SpeechPace, type SpokenChunk } from "./elevenlabs-context.ts";
import type { BuzzVoice } from "./elevenlabs-voice.ts";
import type { FaultedConnection } from "./fault-plan.ts";

export interface SessionOptions {
  readonly clock: Clock;
  readonly voice: BuzzVoice;
  readonly pace: SpeechPace;
  /** Silence of the client after which a context is given up, in ms. */
  readonly inactivity: number;
  /** `multi-stream-input`; otherwise `stream-input`, which is one context without a name. */
  readonly multi: boolean;
  readonly fault: FaultedConnection;
  readonly record: (direction: "in" | "out", what: string, detail?: string) => void;
}

interface ClientMessage {
  readonly text?: string;
  readonly context_id?: string;
  readonly flush?: boolean;
  readonly close_context?: boolean;
  readonly close_socket?: boolean;
  readonly voice_settings?: object;
  readonly generation_config?: { readonly chunk_length_schedule?: readonly number[] };
}

const MAX_CONTEXTS = 5;
/** Close code of every breach of the rules. */
const POLICY_VIOLATION = 1008;

/** One socket of the text-to-speech endpoints, with the rules of the service. */
export class ElevenLabsSession {
  readonly #socket: WebSocket;
  readonly #options: SessionOptions;
  readonly #contexts = new Map<string, SpeechContext>();
  /** Contexts that were kept alive before they were begun: to begin them is then an error. */
  readonly #keptTooEarly = new Set<string>();
  #lastMessage: number;
  #cancelInactivity: Cancel = () => {};

  constructor(socket: WebSocket, options: SessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#lastMessage = options.clock.now();
  }

  start(): void {
    this.#socket.on("message", (data) => this.#receive(data));
    this.#socket.on("error", () => this.#socket.terminate());
    this.#socket.on("close", () => this.#stop());
    this.#watch();
    this.#options.fault.opened();
  }

  #receive(data: RawData): void {
    let message: ClientMessage;
    try {
      message = JSON.parse(data.toString());
    } catch {
      this.#refuse("invalid_message", "The message is not JSON.");
      return;
    }
    this.#lastMessage = this.#options.clock.now();
    if (message.close_socket === true) this.#closeSocket();
    else if (this.#options.multi) this.#receiveMulti(message, message.context_id ?? "default");
    else this.#receiveSingle(message);
  }

  #receiveMulti(message: ClientMessage, id: string): void {
    const context = this.#contexts.get(id);
    if (context !== undefined) context.lastMessage = this.#lastMessage;
    if (message.close_context === true) {
      this.#options.record("in", "close_context", id);
      context?.close();
    } else if (message.text === "" && message.flush !== true) {
      this.#options.record("in", "keep_alive", id);
      if (context === undefined) this.#keptTooEarly.add(id);
    } else if (context === undefined) this.#begin(message, id);
    else this.#take(context, message, id);
  }

  #receiveSingle(message: ClientMessage): void {
    const context = this.#contexts.get("");
    if (context === undefined) this.#begin(message, "");
    else if (message.text === "") {
      this.#options.record("in", "end");
      context.flush();
      context.close();
    } else this.#take(context, message, "");
  }

  #begin(message: ClientMessage, id: string): void {
    this.#options.record("in", "init", id);
    if (this.#keptTooEarly.has(id)) {
      this.#refuse("invalid_context", "The context was kept alive before it was initialised.");
      return;
    }
    if (this.#contexts.size >= MAX_CONTEXTS) {
      this.#refuse(
        "max_active_conversations",
        `Maximum simultaneous contexts per WebSocket connection exceeded (${MAX_CONTEXTS}). ` +
          "Please close an existing context before opening a new one.",
      );
      return;
    }
    const { clock, voice, pace } = this.#options;
    const context = new SpeechContext(
      clock,
      voice,
      pace,
      message.generation_config?.chunk_length_schedule ?? DEFAULT_SCHEDULE,
      (chunk) => this.#sendAudio(id, chunk),
      () => this.#sendFinal(id),
    );
    this.#contexts.set(id, context);
    const text = (message.text ?? "").trimStart();
    if (text !== "") this.#take(context, { text, flush: message.flush === true }, id);
  }

  #take(context: SpeechContext, message: ClientMessage, id: string): void {
    if (message.voice_settings !== undefined) {
      this.#refuse("invalid_message", "Voice settings are taken in a context's first message only.");
      return;
    }
    if (message.text !== undefined && message.text.trim() !== "") {
      this.#options.record("in", "text", id === "" ? message.text : `${id} ${message.text}`);
      if (context.write(message.text)) this.#options.record("in", "threshold", id);
    }
    if (message.flush === true) {
      this.#options.record("in", "flush", id);
      context.flush();
    }
  }

  #sendAudio(id: string, { characters, audio }: SpokenChunk): void {
    const { starts, durations } = this.#options.voice.times(characters.length);
    const alignment = { chars: characters, charStartTimesMs: starts, charDurationsMs: durations };
    const message = {
      audio: audio.toString("base64"),
      isFinal: null,
      normalizedAlignment: alignment,
      alignment,
    };
    this.#send("audio", id, this.#options.multi ? { ...message, contextId: id } : message);
  }

  #sendFinal(id: string): void {
    this.#contexts.delete(id);
    this.#send(
      "isFinal",
      id,
      this.#options.multi ? { isFinal: true, contextId: id } : { audio: null, isFinal: true },
    );
    if (!this.#options.multi) this.#end(1000, "");
  }

  #send(what: string, id: string, message: object): void {
    if (this.#socket.readyState !== this.#socket.OPEN || this.#options.fault.stalled) return;
    this.#options.record("out", what, id);
    this.#options.fault.pass(JSON.stringify(message), (data) => this.#socket.send(data));
  }

  #refuse(error: string, message: string): void {
    this.#send("error", error, { message, error, code: POLICY_VIOLATION });
    this.#end(POLICY_VIOLATION, message);
  }

  #closeSocket(): void {
    this.#options.record("in", "close_socket");
    this.#end(1000, "");
  }

  #end(code: number, reason: string): void {
    if (!this.#options.fault.stalled) this.#socket.close(code, reason.slice(0, 120));
  }

  /** Gives up what has been silent too long: contexts one by one, a socket without any as a whole. */
  #watch(): void {
    const { clock, inactivity } = this.#options;
    const since = Math.min(this.#lastMessage, ...[...this.#contexts.values()].map((one) => one.lastMessage));
    const oldest = this.#contexts.size > 0 ? since : this.#lastMessage;
    this.#cancelInactivity = clock.after(Math.max(1, oldest + inactivity - clock.now()), () => {
      const over = clock.now() - inactivity;
      for (const [id, context] of this.#contexts) {
        if (context.lastMessage > over) continue;
        context.stop();
        this.#contexts.delete(id);
        const named = this.#options.multi ? { contextId: id } : {};
        const message = "Have not received a new text input within the timeout.";
        this.#send("error", "input_timeout_exceeded", { message, error: "input_timeout_exceeded", ...named });
      }
      if (this.#lastMessage <= over) this.#end(POLICY_VIOLATION, "inactive");
      else this.#watch();
    });
  }

  #stop(): void {
    this.#cancelInactivity();
    for (const context of this.#contexts.values()) context.stop();
    this.#contexts.clear();
    this.#options.fault.end();
  }
}

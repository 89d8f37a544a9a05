import type { RawData, WebSocket } from "ws";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { DeepgramSpeech } from "./deepgram-speech.ts";
import type { BuzzVoice } from "./elevenlabs-voice.ts";
import type { FaultedConnection } from "./fault-plan.ts";
import { type RealtimePace, RealtimeResponse } from "./openai-realtime-response.ts";
import type { RealtimeItem, RealtimeScript } from "./openai-realtime-script.ts";

export interface RealtimeSessionParts {
  readonly clock: Clock;
  readonly voice: BuzzVoice;
  readonly pace: RealtimePace;
  readonly script: RealtimeScript;
  /** What the caller's n-th utterance (from 1) is written down as. */
  readonly transcript: (utterance: number) => string;
  /** From the end of an utterance to its transcription, in ms. */
  readonly transcriptionDelay: number;
  readonly fault: FaultedConnection;
  readonly record: (direction: "in" | "out", what: string, detail?: string) => void;
}

type Fields = { readonly [field: string]: unknown };

/** What `session.update` may set, as far as the stand-in acts on it. */
interface Settings {
  instructions: string;
  transcribes: boolean;
  interrupts: boolean;
  responds: boolean;
  /** Silence that ends the caller's turn, in ms. */
  silence: number;
  prefix: number;
}

/** One session of the Realtime service: its events in its order, and its refusals. */
export class OpenAiRealtimeSession {
  readonly #socket: WebSocket;
  readonly #parts: RealtimeSessionParts;
  readonly #speech = new DeepgramSpeech();
  readonly #items: RealtimeItem[] = [];
  readonly #generated = new Map<string, number>();
  readonly #transcriptions = new Set<Cancel>();
  #settings: Settings = {
    instructions: "",
    transcribes: false,
    interrupts: true,
    responds: true,
    silence: 500,
    prefix: 300,
  };
  #response: RealtimeResponse | undefined;
  /** The item that the speech under way will become. */
  #utterance: string | undefined;
  #utterances = 0;
  #ids = 0;
  #inAudio = false;

  constructor(socket: WebSocket, parts: RealtimeSessionParts) {
    this.#socket = socket;
    this.#parts = parts;
  }

  start(): void {
    this.#socket.on("message", (data) => this.#receive(data));
    this.#socket.on("ping", (data) => {
      if (!this.#parts.fault.stalled) this.#socket.pong(data);
    });
    this.#socket.on("error", () => this.#socket.terminate());
    this.#socket.on("close", (code) => this.#stop(code));
    this.#parts.fault.opened();
    this.#send({ type: "session.created", session: { type: "realtime", id: this.#id("sess") } });
  }

  /** The response under way fails on the service's side. */
  failResponse(): void {
    this.#response?.fail();
  }

  #receive(data: RawData): void {
    let event: Fields;
    try {
      event = fieldsOf(JSON.parse(data.toString()));
    } catch {
      this.#refuse({}, "invalid_json", "The message is not JSON.");
      return;
    }
    const type = String(event.type);
    const audio = type === "input_audio_buffer.append";
    // A run of audio is one entry of the log.
    if (!audio || !this.#inAudio) this.#parts.record("in", type, detailOf(event));
    this.#inAudio = audio;
    if (audio) this.#hear(event);
    else if (type === "session.update") this.#update(event);
    else if (type === "response.create") this.#create(event);
    else if (type === "response.cancel") this.#cancel(event);
    else if (type === "conversation.item.create") this.#createItem(event);
    else if (type === "conversation.item.truncate") this.#truncate(event);
    else this.#refuse(event, "invalid_value", `Unknown event: ${type}`);
  }

  #update(event: Fields): void {
    const session = fieldsOf(event.session);
    const { input, output } = fieldsOf(session.audio);
    const formats = [fieldsOf(input).format, fieldsOf(output).format].map(fieldsOf);
    if (session.type !== "realtime") {
      return this.#refuse(event, "missing_required_parameter", "Missing required parameter: 'session.type'.");
    }
    if (formats.some(({ type, rate }) => type !== "audio/pcmu" || rate !== undefined)) {
      return this.#refuse(event, "invalid_value", "The stand-in speaks audio/pcmu, which has no rate.");
    }
    const detection = fieldsOf(fieldsOf(input).turn_detection);
    this.#settings = {
      instructions: String(session.instructions ?? ""),
      transcribes: typeof fieldsOf(fieldsOf(input).transcription).model === "string",
      interrupts: detection.interrupt_response !== false,
      responds: detection.create_response !== false,
      silence: Number(detection.silence_duration_ms ?? 500),
      prefix: Number(detection.prefix_padding_ms ?? 300),
    };
    this.#send({ type: "session.updated", session });
  }

  #hear(event: Fields): void {
    const mulaw = Buffer.from(String(event.audio), "base64");
    this.#speech.feed(mulaw, (_loud, began) => {
      if (began) this.#speechStarted();
      else if (this.#utterance !== undefined && this.#speech.quietFor >= this.#settings.silence) {
        this.#speechStopped(this.#utterance);
      }
    });
  }

  #speechStarted(): void {
    this.#utterance = this.#id("item");
    const start = Math.max(0, (this.#speech.startedAt ?? 0) - this.#settings.prefix);
    const event = { type: "input_audio_buffer.speech_started", audio_start_ms: Math.round(start) };
    this.#send({ ...event, item_id: this.#utterance }, this.#utterance);
    if (this.#settings.interrupts) this.#response?.cancel("turn_detected");
  }

  #speechStopped(id: string): void {
    this.#utterance = undefined;
    const end = Math.round(this.#speech.position);
    this.#speech.end();
    this.#send({ type: "input_audio_buffer.speech_stopped", audio_end_ms: end, item_id: id }, id);
    this.#send({ type: "input_audio_buffer.committed", previous_item_id: null, item_id: id }, id);
    const transcript = this.#parts.transcript(++this.#utterances);
    this.#added(
      { id, role: "user", text: transcript },
      { id, type: "message", role: "user", content: [{ type: "input_audio", transcript: null }] },
    );
    if (this.#settings.transcribes) this.#transcribe(id, transcript);
    if (this.#settings.responds && this.#response === undefined) this.#respond(undefined, undefined);
  }

  #transcribe(id: string, transcript: string): void {
    const cancel = this.#parts.clock.after(this.#parts.transcriptionDelay, () => {
      this.#transcriptions.delete(cancel);
      const place = { item_id: id, content_index: 0 };
      const type = "conversation.item.input_audio_transcription";
      this.#send({ type: `${type}.delta`, ...place, delta: transcript }, id);
      this.#send({ type: `${type}.completed`, ...place, transcript }, id);
    });
    this.#transcriptions.add(cancel);
  }

  #create(event: Fields): void {
    if (this.#response !== undefined) {
      const message = `Conversation already has an active response: ${this.#response.id}`;
      return this.#refuse(event, "conversation_already_has_active_response", message);
    }
    const { instructions, metadata } = fieldsOf(event.response);
    this.#respond(typeof instructions === "string" ? instructions : undefined, metadata);
  }

  #respond(instructions: string | undefined, metadata: unknown): void {
    const { clock, voice, pace, script } = this.#parts;
    this.#response = new RealtimeResponse({
      clock,
      voice,
      pace,
      id: this.#id("resp"),
      metadata,
      reply: script({ instructions: instructions ?? this.#settings.instructions, items: this.#items }),
      send: (message, detail) => this.#send(message, detail),
      nextId: (kind) => this.#id(kind),
      added: (item) => this.#items.push(item),
      ended: () => this.#forget(),
    });
    this.#response.start();
  }

  #forget(): void {
    for (const [id, ms] of this.#response?.generated ?? []) this.#generated.set(id, ms);
    this.#response = undefined;
  }

  #cancel(event: Fields): void {
    if (this.#response !== undefined) this.#response.cancel("client_cancelled");
    else this.#refuse(event, "response_cancel_not_active", "Cancellation failed: no active response found");
  }

  #createItem(event: Fields): void {
    const item = fieldsOf(event.item);
    const id = typeof item.id === "string" ? item.id : this.#id("item");
    if (item.type === "function_call_output") {
      const known = this.#items.some(
        ({ role, id: call }) => role === "function_call" && call === item.call_id,
      );
      if (!known)
        return this.#refuse(event, "invalid_tool_call_id", "Tool call ID not found in conversation.");
      this.#added({ id, role: "function_call_output", text: String(item.output) }, { ...item, id });
      return;
    }
    const [content] = Array.isArray(item.content) ? item.content : [];
    this.#added({ id, role: "user", text: String(fieldsOf(content).text ?? "") }, { ...item, id });
  }

  #truncate(event: Fields): void {
    const id = String(event.item_id);
    const end = Number(event.audio_end_ms);
    const item = this.#items.find((known) => known.id === id && known.role === "assistant");
    if (item === undefined)
      return this.#refuse(event, "item_not_found", `Item ${id} is no assistant message.`);
    const made = this.#response?.generated.get(id) ?? this.#generated.get(id) ?? 0;
    if (!(end <= made)) {
      const message = `Audio content of ${made}ms is already shorter than ${end}ms`;
      return this.#refuse(event, "invalid_value", message);
    }
    item.text = item.text.slice(0, Math.floor((item.text.length * end) / (made || 1)));
    const truncated = { type: "conversation.item.truncated", item_id: id, content_index: 0 };
    this.#send({ ...truncated, audio_end_ms: end }, `${id} ${end}`);
  }

  #added(item: RealtimeItem, shape: object): void {
    this.#items.push(item);
    this.#send({ type: "conversation.item.added", previous_item_id: null, item: shape }, item.id);
    this.#send({ type: "conversation.item.done", previous_item_id: null, item: shape }, item.id);
  }

  /** An `error` event; the session goes on. */
  #refuse({ event_id: cause = null }: Fields, code: string, message: string): void {
    const error = { type: "invalid_request_error", code, message, param: null, event_id: cause };
    this.#send({ type: "error", error }, code);
  }

  #send(event: { readonly type: string; readonly [field: string]: unknown }, detail?: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN || this.#parts.fault.stalled) return;
    this.#parts.record("out", event.type, detail);
    const message = JSON.stringify({ event_id: this.#id("event"), ...event });
    this.#parts.fault.pass(message, (data) => this.#socket.send(data));
  }

  #id(kind: string): string {
    return `${kind}_${++this.#ids}`;
  }

  #stop(code: number): void {
    this.#parts.record("in", "close", String(code));
    for (const cancel of this.#transcriptions) cancel();
    this.#response?.stop();
    this.#parts.fault.end();
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** What the log says of a client event. */
function detailOf(event: Fields): string | undefined {
  if (event.type === "conversation.item.truncate") return `${event.item_id} ${event.audio_end_ms}`;
  if (event.type === "conversation.item.create") {
    const { type, output, content } = fieldsOf(event.item);
    const [part] = Array.isArray(content) ? content : [];
    return `${type} ${output ?? fieldsOf(part).text}`;
  }
  if (event.type !== "response.create") return undefined;
  const { instructions, metadata } = fieldsOf(event.response);
  return [fieldsOf(metadata).turn, instructions].filter((part) => part !== undefined).join(" ");
}

import type { RawData, WebSocket } from "ws";
import { durationOf } from "../../audio/audio-format.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { DeepgramSpeech } from "./deepgram-speech.ts";
import { wordsAfter } from "./deepgram-transcript.ts";
import type { FaultedConnection } from "./fault-plan.ts";

export interface TranscriptionSessionParts {
  readonly clock: Clock;
  /** What the n-th utterance of the connection (from 1) is written down as. */
  readonly transcript: (utterance: number) => string;
  /** From a commit to the words, in ms. */
  readonly transcriptionDelay: number;
  /** Whether the stretch with these words fails; asked once per commit. */
  readonly fails: (transcript: string) => boolean;
  readonly logAudio: boolean;
  readonly fault: FaultedConnection;
  readonly record: (direction: "in" | "out", what: string, detail?: string) => void;
}

type Fields = { readonly [field: string]: unknown };

/** The service commits no less audio, in ms. */
const LEAST_COMMIT = 100;
/** Models that write while audio comes, and have no voice activity detection. */
const LIVE = /^gpt-(live-transcribe|realtime-whisper)/;
const TAKES_KEYWORDS = /^gpt-(live-)?transcribe/;
const TRANSCRIPTION = "conversation.item.input_audio_transcription";
const FAILURE = {
  type: "server_error",
  code: null,
  message: "Input transcription failed for the item.",
  param: null,
};

/**
 * A transcription session with turn detection off: it hears the audio by its energy, and writes the scripted words down
 * when the audio is committed; live models write them word by word before. Silence that is committed has no words.
 */
export class OpenAiTranscriptionSession {
  readonly #socket: WebSocket;
  readonly #parts: TranscriptionSessionParts;
  readonly #pending = new Set<Cancel>();
  #speech = new DeepgramSpeech();
  #model = "";
  /** The item that the audio in the buffer will become. */
  #item = "";
  /** Audio in the buffer, in ms. */
  #buffered = 0;
  #written = "";
  #spoke = false;
  #utterances = 0;
  #ids = 0;
  #inAudio = false;

  constructor(socket: WebSocket, parts: TranscriptionSessionParts) {
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
    this.#send({ type: "session.created", session: { type: "transcription", id: this.#id("sess") } });
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
    if (type === "input_audio_buffer.append") return this.#append(event);
    this.#inAudio = false;
    this.#parts.record("in", type, detailOf(event));
    if (type === "session.update") this.#update(event);
    else if (type === "input_audio_buffer.commit") this.#commit(event);
    else if (type === "input_audio_buffer.clear") this.#clear();
    else this.#refuse(event, "invalid_value", `Unknown event: ${type}`);
  }

  #update(event: Fields): void {
    const session = fieldsOf(event.session);
    const { format, transcription, turn_detection: detection } = fieldsOf(fieldsOf(session.audio).input);
    const { type, rate } = fieldsOf(format);
    const { model, keywords, prompt } = fieldsOf(transcription);
    if (session.type !== "transcription") {
      return this.#refuse(event, "invalid_value", "The session is one of type transcription.");
    }
    if (type !== "audio/pcmu" || rate !== undefined) {
      return this.#refuse(event, "invalid_value", "The stand-in hears audio/pcmu, which has no rate.");
    }
    if (typeof model !== "string") return this.#refuse(event, "missing_required_parameter", "No model.");
    if (detection !== null && detection !== undefined) {
      return this.#refuse(event, "invalid_value", `Turn detection is not there for ${model}.`);
    }
    if (keywords !== undefined && !TAKES_KEYWORDS.test(model)) {
      return this.#refuse(event, "unknown_parameter", `${model} takes no keywords.`);
    }
    if (prompt !== undefined && model.startsWith("gpt-realtime-whisper")) {
      return this.#refuse(event, "unknown_parameter", `${model} takes no prompt.`);
    }
    this.#model = model;
    this.#send({ type: "session.updated", session });
  }

  #append(event: Fields): void {
    const mulaw = Buffer.from(String(event.audio), "base64");
    const { logAudio, record } = this.#parts;
    if (!this.#inAudio || logAudio) record("in", "input_audio_buffer.append", `${mulaw.length} bytes`);
    this.#inAudio = true;
    this.#buffered += durationOf(mulaw.length);
    if (this.#item === "") this.#item = this.#id("item");
    this.#speech.feed(mulaw, (_loud, began) => {
      if (began && !this.#spoke) {
        this.#spoke = true;
        this.#utterances += 1;
      }
      const { startedAt, lastLoudAt } = this.#speech;
      if (startedAt !== undefined && LIVE.test(this.#model)) {
        this.#write(wordsAfter(this.#parts.transcript(this.#utterances), lastLoudAt - startedAt));
      }
    });
  }

  /** Sends what is new of the words so far. */
  #write(words: string): void {
    if (words.length <= this.#written.length) return;
    const delta = words.slice(this.#written.length);
    this.#written = words;
    this.#send({ type: `${TRANSCRIPTION}.delta`, item_id: this.#item, content_index: 0, delta }, delta);
  }

  #commit(event: Fields): void {
    if (this.#buffered < LEAST_COMMIT) {
      const code = "input_audio_buffer_commit_empty";
      return this.#refuse(event, code, `Error committing input audio buffer: ${this.#buffered} ms of audio.`);
    }
    const item = this.#item;
    const transcript = this.#spoke ? this.#parts.transcript(this.#utterances) : "";
    const rest = transcript.slice(this.#written.length);
    this.#send({ type: "input_audio_buffer.committed", previous_item_id: null, item_id: item }, item);
    this.#empty();
    const cancel = this.#parts.clock.after(this.#parts.transcriptionDelay, () => {
      this.#pending.delete(cancel);
      const place = { item_id: item, content_index: 0 };
      if (this.#parts.fails(transcript))
        return this.#send({ type: `${TRANSCRIPTION}.failed`, ...place, error: FAILURE }, item);
      if (rest !== "") this.#send({ type: `${TRANSCRIPTION}.delta`, ...place, delta: rest }, rest);
      const usage = { type: "duration", seconds: 1 };
      this.#send({ type: `${TRANSCRIPTION}.completed`, ...place, transcript, usage }, transcript);
    });
    this.#pending.add(cancel);
  }

  #clear(): void {
    this.#empty();
    this.#send({ type: "input_audio_buffer.cleared" });
  }

  #empty(): void {
    this.#speech = new DeepgramSpeech();
    this.#item = "";
    this.#buffered = 0;
    this.#written = "";
    this.#spoke = false;
  }

  /** An `error` event; the session goes on. */
  #refuse({ event_id: cause = null }: Fields, code: string, message: string): void {
    const error = { type: "invalid_request_error", code, message, param: null, event_id: cause };
    this.#send({ type: "error", error }, code);
  }

  #send(event: { readonly type: string; readonly [field: string]: unknown }, detail?: string): void {
    const { fault, record } = this.#parts;
    if (this.#socket.readyState !== this.#socket.OPEN || fault.stalled) return;
    record("out", event.type, detail);
    const message = JSON.stringify({ event_id: this.#id("event"), ...event });
    fault.pass(message, (data) => this.#socket.send(data));
  }

  #id(kind: string): string {
    return `${kind}_${++this.#ids}`;
  }

  #stop(code: number): void {
    this.#parts.record("in", "close", String(code));
    for (const cancel of this.#pending) cancel();
    this.#parts.fault.end();
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** What the log says of a client event: of a session, its model and keywords. */
function detailOf(event: Fields): string | undefined {
  if (event.type !== "session.update") return undefined;
  const { transcription } = fieldsOf(fieldsOf(fieldsOf(event.session).audio).input);
  const { model, keywords } = fieldsOf(transcription);
  return [model, ...(Array.isArray(keywords) ? keywords : [])].join(" ");
}

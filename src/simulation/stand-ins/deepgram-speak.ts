import { BYTES_PER_MS, durationOf } from "../../audio/audio-format.ts";
import type { Cancel } from "../../runtime/clock.ts";
import type { DeepgramSession, DeepgramSessionContext } from "./deepgram-session.ts";
import { BuzzVoice } from "./elevenlabs-voice.ts";

/** How the voice of `v1/speak` is paced. */
export interface DeepgramVoicePace {
  /** From a flush to its first audio, in ms. */
  readonly firstByte: number;
  readonly charactersPerSecond: number;
  /** Audio in one message, in ms. */
  readonly chunk: number;
  /** How much faster than real time audio is sent. */
  readonly speed: number;
}

/** The vendor's limits: flushes in a minute, and characters that it holds at a time. */
const MOST_FLUSHES = 20;
const FLUSH_WINDOW = 60_000;
const MOST_TEXT = 2_000;

interface ControlMessage {
  readonly type?: unknown;
  readonly text?: unknown;
}

/** `v1/speak` (Aura): one stream of speech, made flush by flush, until it is cleared. */
export class DeepgramSpeak implements DeepgramSession {
  readonly #context: DeepgramSessionContext;
  readonly #voice: BuzzVoice;
  readonly #flushes: number[] = [];
  /** Texts that were flushed and are not spoken to their end; the first is being spoken. */
  #queue: string[] = [];
  #text = "";
  #sequence = 0;
  #closing = false;
  #cancel: Cancel | undefined;

  constructor(context: DeepgramSessionContext) {
    const { requestId, query, behaviour, send } = context;
    this.#context = context;
    this.#voice = new BuzzVoice(behaviour.voice.charactersPerSecond);
    send({
      type: "Metadata",
      request_id: requestId,
      model_name: query.get("model"),
      model_version: "2026-01-01.0",
      model_uuid: "00000000-0000-4000-8000-000000000000",
    });
  }

  /** Nobody sends sound to a voice. */
  audio(): void {
    this.#context.close(1008, "DATA-0000 The message is not text.");
  }

  control({ type, text }: ControlMessage): void {
    if (type === "Speak") this.#take(String(text ?? ""));
    else if (type === "Flush") this.#flush();
    else if (type === "Clear") this.#clear();
    else if (type === "Close") this.#close();
    else this.#context.close(1008, "DATA-0000 The message is not known.");
  }

  end(): void {
    this.#cancel?.();
    this.#queue = [];
  }

  #take(text: string): void {
    if (this.#text.length + text.length <= MOST_TEXT) this.#text += text;
    else this.#warn("TEXT_LIMIT", `More than ${MOST_TEXT} characters are waiting for a flush.`);
  }

  #flush(): void {
    const now = this.#context.clock.now();
    while ((this.#flushes[0] ?? now) <= now - FLUSH_WINDOW) this.#flushes.shift();
    if (this.#flushes.length >= MOST_FLUSHES)
      return this.#warn("FLUSH_LIMIT", "Too many flushes in 60 seconds.");
    this.#flushes.push(now);
    this.#queue.push(this.#text);
    this.#text = "";
    if (this.#queue.length === 1) this.#speak();
  }

  #clear(): void {
    this.#cancel?.();
    this.#queue = [];
    this.#text = "";
    this.#context.send({ type: "Cleared", sequence_id: this.#sequence++ });
  }

  #close(): void {
    this.#closing = true;
    if (this.#queue.length === 0) this.#context.close(1000);
  }

  #speak(): void {
    const [text] = this.#queue;
    if (text === undefined) {
      if (this.#closing) this.#context.close(1000);
      return;
    }
    const { clock, behaviour } = this.#context;
    const audio = this.#voice.say([...text]);
    this.#cancel = clock.after(behaviour.voice.firstByte, () => this.#send(audio, 0));
  }

  #send(audio: Buffer, from: number): void {
    const { clock, behaviour, sound, send } = this.#context;
    const piece = audio.subarray(from, from + behaviour.voice.chunk * BYTES_PER_MS);
    if (piece.length > 0) sound(piece);
    const next = from + piece.length;
    if (next < audio.length) {
      const pause = durationOf(piece.length) / behaviour.voice.speed;
      this.#cancel = clock.after(pause, () => this.#send(audio, next));
      return;
    }
    send({ type: "Flushed", sequence_id: this.#sequence++ });
    this.#queue.shift();
    this.#speak();
  }

  /** The vendor documents that there are warnings, and not their codes. */
  #warn(code: string, description: string): void {
    this.#context.send({ type: "Warning", code, description }, code);
  }
}

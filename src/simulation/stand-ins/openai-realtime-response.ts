import { BYTES_PER_MS } from "../../audio/audio-format.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import type { BuzzVoice } from "./elevenlabs-voice.ts";
import type { RealtimeItem, RealtimeScriptedReply } from "./openai-realtime-script.ts";

/** How fast replies come; times in ms. */
export interface RealtimePace {
  /** From the request, or the end of the caller's turn, to the first audio. */
  readonly firstAudio: number;
  /** Audio in one delta. */
  readonly chunk: number;
  /** How much faster than real time audio is sent. */
  readonly speed: number;
}

export interface ResponseParts {
  readonly clock: Clock;
  readonly voice: BuzzVoice;
  readonly pace: RealtimePace;
  readonly id: string;
  readonly metadata: unknown;
  readonly reply: RealtimeScriptedReply;
  readonly send: (
    event: { readonly type: string; readonly [field: string]: unknown },
    detail?: string,
  ) => void;
  readonly nextId: (kind: string) => string;
  readonly added: (item: RealtimeItem) => void;
  readonly ended: () => void;
}

type Step = () => void;

/**
 * One response, in the service's order of events: created, then for its message item: added, the content part, words
 * and audio by turns, done from the inside out; then its function calls; at last `response.done`.
 */
export class RealtimeResponse {
  readonly id: string;
  readonly #parts: ResponseParts;
  #steps: { readonly after: number; readonly run: Step }[] = [];
  #cancelNext: Cancel = () => {};
  #generated = new Map<string, number>();
  /** Ends the item under way when the response is cut off. */
  #cutItem: Step | undefined;
  #over = false;

  constructor(parts: ResponseParts) {
    this.id = parts.id;
    this.#parts = parts;
  }

  start(): void {
    const { reply, pace } = this.#parts;
    const text = typeof reply === "string" ? reply : (reply.text ?? "");
    const toolCalls = typeof reply === "string" ? [] : reply.toolCalls;
    this.#sendResponse("response.created", "in_progress");
    this.#after(pace.firstAudio, () => {});
    if (text !== "") this.#message(text);
    for (const call of toolCalls) this.#after(0, () => this.#functionCall(call.name, call.arguments));
    this.#after(0, () => this.#end("completed"));
    this.#next();
  }

  /** Ends it at once; `reason` as in `status_details`. */
  cancel(reason: "turn_detected" | "client_cancelled"): void {
    if (this.#over) return;
    this.#cutItem?.();
    this.#end("cancelled", { type: "cancelled", reason });
  }

  /** Ends it as failed, as the service does when something breaks on its side. */
  fail(): void {
    if (this.#over) return;
    this.#cutItem?.();
    this.#end("failed", { type: "failed", error: { type: "server_error", code: "server_error" } });
  }

  /** No timer remains, and nothing more is sent. */
  stop(): void {
    this.#over = true;
    this.#cancelNext();
  }

  /** Audio made for an item so far, in ms. */
  get generated(): ReadonlyMap<string, number> {
    return this.#generated;
  }

  #message(text: string): void {
    const { voice, pace, nextId, added } = this.#parts;
    const id = nextId("item");
    const item: RealtimeItem = { id, role: "assistant", text: "" };
    const place = { response_id: this.id, item_id: id, output_index: 0, content_index: 0 };
    const audio = voice.say([...text]);
    const shape = (status: string) => ({ id, type: "message", role: "assistant", status, content: [] });
    this.#after(0, () => {
      added(item);
      this.#generated.set(id, 0);
      this.#cutItem = () => this.#itemDone(shape("incomplete"));
      this.#send("response.output_item.added", { output_index: 0, item: shape("in_progress") }, id);
      this.#send("conversation.item.added", { previous_item_id: null, item: shape("in_progress") }, id);
      this.#send("response.content_part.added", { ...place, part: { type: "audio", transcript: "" } }, id);
    });
    const perChunk = Math.max(1, Math.round((pace.chunk * BYTES_PER_MS) / voice.bytesPerCharacter));
    for (let from = 0; from < text.length; from += perChunk) {
      const words = text.slice(from, from + perChunk);
      const sound = audio.subarray(
        from * voice.bytesPerCharacter,
        (from + perChunk) * voice.bytesPerCharacter,
      );
      const ms = sound.length / BYTES_PER_MS;
      this.#after(0, () => {
        item.text += words;
        this.#generated.set(id, (this.#generated.get(id) ?? 0) + ms);
        this.#send("response.output_audio_transcript.delta", { ...place, delta: words }, id);
        this.#send("response.output_audio.delta", { ...place, delta: sound.toString("base64") }, id);
      });
      this.#after(ms / pace.speed, () => {});
    }
    this.#after(0, () => {
      this.#cutItem = undefined;
      this.#send("response.output_audio.done", place, id);
      this.#send("response.output_audio_transcript.done", { ...place, transcript: text }, id);
      this.#send("response.content_part.done", { ...place, part: { type: "audio", transcript: text } }, id);
      this.#itemDone(shape("completed"));
    });
  }

  #itemDone(item: { readonly id: string }): void {
    this.#send("conversation.item.done", { previous_item_id: null, item }, item.id);
    this.#send("response.output_item.done", { output_index: 0, item }, item.id);
  }

  #functionCall(name: string, args: string): void {
    const { nextId, added } = this.#parts;
    const id = nextId("item");
    const callId = nextId("call");
    added({ id: callId, role: "function_call", text: name });
    const shape = (status: string, given: string) => ({
      id,
      type: "function_call",
      status,
      name,
      call_id: callId,
      arguments: given,
    });
    const place = { response_id: this.id, item_id: id, output_index: 1, call_id: callId };
    this.#send("response.output_item.added", { output_index: 1, item: shape("in_progress", "") }, id);
    this.#send("conversation.item.added", { previous_item_id: null, item: shape("in_progress", "") }, id);
    this.#send("response.function_call_arguments.delta", { ...place, delta: args }, id);
    this.#send("response.function_call_arguments.done", { ...place, name, arguments: args }, id);
    this.#itemDone(shape("completed", args));
  }

  #end(status: string, details: object | null = null): void {
    this.stop();
    this.#sendResponse("response.done", status, details);
    this.#parts.send({ type: "rate_limits.updated", rate_limits: [] });
    this.#parts.ended();
  }

  #sendResponse(type: string, status: string, details: object | null = null): void {
    const { metadata = null } = this.#parts;
    const response = {
      id: this.id,
      object: "realtime.response",
      status,
      status_details: details,
      output: [],
    };
    this.#parts.send({ type, response: { ...response, metadata } }, `${this.id} ${status}`);
  }

  #send(type: string, fields: object, detail: string): void {
    this.#parts.send({ type, response_id: this.id, ...fields }, detail);
  }

  #after(after: number, run: Step): void {
    this.#steps.push({ after, run });
  }

  /** Runs steps up to the next that has to wait. */
  #next(): void {
    for (let step = this.#steps.shift(); step !== undefined && !this.#over; step = this.#steps.shift()) {
      const { after, run } = step;
      if (after > 0) {
        this.#cancelNext = this.#parts.clock.after(after, () => {
          run();
          this.#next();
        });
        return;
      }
      run();
    }
  }
}

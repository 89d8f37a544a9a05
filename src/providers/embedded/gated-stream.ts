import { BYTES_PER_MS } from "../../audio/audio-format.ts";
import type { VoiceActivity } from "../../audio/voice-activity.ts";
import type { TranscriptEvent, TranscriptionStream } from "../../pipeline/speech-to-text.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import type { RecogniserOrder, RecogniserReply } from "./recogniser-sessions.ts";
import { SpeechGate } from "./speech-gate.ts";

/** Shorter speech is a cough or a click, not a word. */
const SHORTEST_SPEECH = 150;
/** Sent to the recogniser in one message: 60 ms; a message costs about as much as the work on one frame. */
const BATCH = 60 * BYTES_PER_MS;
/** Speech on its way and not yet worked off: 6 s. What comes beyond is dropped, and the stream told once an utterance. */
const MOST_UNDERWAY = 6_000 * BYTES_PER_MS;
/** From `finalize` to the final. */
const FINAL_DEADLINE = 3_000;
/** From a failure of this stream's recogniser to the next. */
const REOPEN_AFTER = 1_000;

export interface GatedStreamParts {
  readonly id: number;
  readonly clock: Clock;
  readonly activity: VoiceActivity;
  post(order: RecogniserOrder): boolean;
  listener(event: TranscriptEvent): void;
  /** A final asked for at `since` did not come in time. */
  late(since: number): void;
  closed(): void;
}

/** One call's audio on its way through the gate to the recogniser, and the words on their way back. */
export class GatedStream implements TranscriptionStream {
  readonly #parts: GatedStreamParts;
  readonly #gate: SpeechGate;
  readonly #batch = new Uint8Array(BATCH);
  /** Serial numbers of the finals asked for, oldest first, with what disarms their deadlines. */
  readonly #awaited = new Map<number, Cancel>();
  #serial = 0;
  #cancelReopen: Cancel | undefined;
  #batched = 0;
  #underway = 0;
  #overloaded = false;
  #hints: readonly string[] = [];
  #closed = false;

  constructor(parts: GatedStreamParts) {
    this.#parts = parts;
    this.#gate = new SpeechGate(parts.activity, (mulaw) => this.#send(mulaw));
  }

  /** Recognition runs, perhaps again. */
  connect(): void {
    this.#cancelReopen?.();
    this.#underway = 0;
    this.#post({ type: "open", stream: this.#parts.id });
    if (this.#hints.length > 0) this.hint(this.#hints);
  }

  push(mulaw: Uint8Array): void {
    if (!this.#closed) this.#gate.push(mulaw);
  }

  finalize(): void {
    if (this.#closed) return;
    this.#flush();
    const discard = this.#gate.spoken < SHORTEST_SPEECH;
    this.#gate.restart();
    this.#overloaded = false;
    const asked = this.#parts.clock.now();
    const cancel = this.#parts.clock.after(FINAL_DEADLINE, () => this.#expired(asked));
    const serial = ++this.#serial;
    this.#awaited.set(serial, cancel);
    if (!this.#post({ type: "finish", stream: this.#parts.id, serial, discard })) this.#giveEmptyFinals();
  }

  hint(phrases: readonly string[]): void {
    this.#hints = [...phrases];
    this.#post({ type: "hint", stream: this.#parts.id, phrases: this.#hints });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#awaited.values()) cancel();
    this.#awaited.clear();
    this.#cancelReopen?.();
    this.#gate.close();
    this.#post({ type: "close", stream: this.#parts.id });
    this.#parts.closed();
  }

  answered(reply: RecogniserReply): void {
    if (this.#closed) return;
    if (reply.type === "ready") this.#parts.listener({ type: "ready" });
    else if (reply.type === "progress") this.#progress(reply.bytes, reply.text);
    else if (reply.type === "final") this.#final(reply.text, reply.confidence, reply.serial);
    else if (reply.type === "failed") this.#failed(reply.error);
  }

  /** What was on its way is lost; whoever waits for a final gets an empty one. */
  lost(error: GatewayError): void {
    if (this.#closed) return;
    this.#underway = 0;
    this.#batched = 0;
    this.#parts.listener({ type: "failed", error });
    this.#giveEmptyFinals();
  }

  #send(mulaw: Uint8Array): void {
    for (let at = 0; at < mulaw.length; ) {
      const part = mulaw.subarray(at, at + BATCH - this.#batched);
      this.#batch.set(part, this.#batched);
      this.#batched += part.length;
      at += part.length;
      if (this.#batched === BATCH) this.#flush();
    }
  }

  #flush(): void {
    if (this.#batched === 0) return;
    const mulaw = this.#batch.slice(0, this.#batched);
    this.#batched = 0;
    if (this.#underway + mulaw.length > MOST_UNDERWAY) {
      this.#reportOverload();
      return;
    }
    this.#underway += mulaw.length;
    this.#post({ type: "audio", stream: this.#parts.id, mulaw });
  }

  #progress(bytes: number, text: string): void {
    this.#underway = Math.max(0, this.#underway - bytes);
    if (text !== "") this.#parts.listener({ type: "interim", text, confidence: 0.5 });
  }

  #final(text: string, confidence: number, serial: number): void {
    const cancel = this.#awaited.get(serial);
    // One that comes after its deadline: an empty one was given for it.
    if (serial > 0 && cancel === undefined) return;
    cancel?.();
    this.#awaited.delete(serial);
    this.#parts.listener({ type: "final", text, confidence });
  }

  #failed(error: string): void {
    this.lost(new GatewayError("PROVIDER_UNAVAILABLE", `The recogniser failed: ${error}`));
    this.#post({ type: "close", stream: this.#parts.id });
    this.#cancelReopen?.();
    this.#cancelReopen = this.#parts.clock.after(REOPEN_AFTER, () => this.connect());
  }

  #expired(asked: number): void {
    const error = new GatewayError("PROVIDER_TIMEOUT", `No final words within ${FINAL_DEADLINE} ms`);
    this.lost(error);
    this.#parts.late(asked);
  }

  #giveEmptyFinals(): void {
    for (const [serial, cancel] of [...this.#awaited]) {
      cancel();
      this.#awaited.delete(serial);
      this.#parts.listener({ type: "final", text: "", confidence: 0 });
    }
  }

  #reportOverload(): void {
    if (this.#overloaded) return;
    this.#overloaded = true;
    const error = new GatewayError("PROVIDER_UNAVAILABLE", "The recogniser does not keep up with the caller");
    this.#parts.listener({ type: "failed", error });
  }

  #post(order: RecogniserOrder): boolean {
    return this.#parts.post(order);
  }
}

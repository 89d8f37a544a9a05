import { BYTES_PER_MS, durationOf } from "../../audio/audio-format.ts";
import { KeptAudio } from "../../audio/kept-audio.ts";
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
/** Speech on its way and not yet worked off: 6 s. What comes beyond waits. */
const MOST_UNDERWAY = 6_000 * BYTES_PER_MS;
/** Speech kept until its final: 30 s. What comes beyond is lost, and the stream told once an utterance. */
const MOST_KEPT = 30_000 * BYTES_PER_MS;
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

/** A final that was asked for. */
interface Asked {
  /** Where the speech let through by the gate ended. */
  readonly at: number;
  /** There was too little of it. */
  readonly discard: boolean;
  /** Audio pushed by then, in ms. */
  readonly through: number;
  readonly cancelDeadline: Cancel;
  posted: boolean;
}

/**
 * One call's audio on its way through the gate to the recogniser, and the words on their way back. What was let through
 * since the last final is kept: when the recogniser is lost, the next one gets it, and the finals asked for are asked
 * again, once; what makes the next one fail as well is given up.
 */
export class GatedStream implements TranscriptionStream {
  readonly #parts: GatedStreamParts;
  readonly #gate: SpeechGate;
  readonly #audio = new KeptAudio(MOST_KEPT);
  /** By their serial numbers, oldest first. */
  readonly #asked = new Map<number, Asked>();
  #connected = false;
  #serial = 0;
  /** Audio pushed, in ms. */
  #pushed = 0;
  #cancelReopen: Cancel | undefined;
  #underway = 0;
  #overloaded = false;
  /** The recogniser has failed since the last final. */
  #failedOnce = false;
  #hints: readonly string[] = [];
  #closed = false;

  constructor(parts: GatedStreamParts) {
    this.#parts = parts;
    this.#gate = new SpeechGate(parts.activity, (mulaw) => this.#keep(mulaw));
  }

  /** Recognition runs, perhaps again. */
  connect(): void {
    this.#cancelReopen?.();
    this.#disconnect();
    this.#connected = true;
    this.#post({ type: "open", stream: this.#parts.id });
    if (this.#hints.length > 0) this.hint(this.#hints);
    this.#send();
  }

  push(mulaw: Uint8Array): void {
    if (this.#closed) return;
    this.#pushed += durationOf(mulaw.length);
    this.#gate.push(mulaw);
  }

  finalize(): void {
    if (this.#closed) return;
    const discard = this.#gate.spoken < SHORTEST_SPEECH;
    this.#gate.restart();
    this.#overloaded = false;
    const now = this.#parts.clock.now();
    const cancelDeadline = this.#parts.clock.after(FINAL_DEADLINE, () => this.#expired(now));
    const asked = { at: this.#audio.end, discard, through: this.#pushed, cancelDeadline, posted: false };
    this.#asked.set(++this.#serial, asked);
    this.#send();
  }

  hint(phrases: readonly string[]): void {
    this.#hints = [...phrases];
    this.#post({ type: "hint", stream: this.#parts.id, phrases: this.#hints });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { cancelDeadline } of this.#asked.values()) cancelDeadline();
    this.#asked.clear();
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

  /** Nobody recognises until {@link connect}. */
  lost(error: GatewayError): void {
    if (this.#closed) return;
    this.#disconnect();
    this.#parts.listener({ type: "failed", error });
  }

  #disconnect(): void {
    this.#connected = false;
    this.#underway = 0;
    this.#audio.rewind();
    for (const asked of this.#asked.values()) asked.posted = false;
  }

  #keep(mulaw: Uint8Array): void {
    const { dropped } = this.#audio;
    this.#audio.append(mulaw);
    if (this.#audio.dropped > dropped) this.#reportOverload();
    if (this.#audio.end - this.#audio.sent >= BATCH) this.#send();
  }

  /** Sends whole batches, and all there is where a final was asked for. */
  #send(): void {
    if (!this.#connected) return;
    for (const [serial, asked] of this.#asked) {
      if (asked.posted) continue;
      this.#drain(asked.at);
      if (this.#audio.sent < asked.at) return;
      const { discard } = asked;
      asked.posted = this.#post({ type: "finish", stream: this.#parts.id, serial, discard });
      if (!asked.posted) return;
    }
    const pending = this.#audio.end - this.#audio.sent;
    this.#drain(this.#audio.end - (pending % BATCH));
  }

  #drain(until: number): void {
    this.#audio.drain(BATCH, until, (mulaw) => {
      if (this.#underway + mulaw.length > MOST_UNDERWAY) return false;
      const taken = this.#post({ type: "audio", stream: this.#parts.id, mulaw: mulaw.slice() });
      if (taken) this.#underway += mulaw.length;
      return taken;
    });
  }

  #progress(bytes: number, text: string): void {
    this.#underway = Math.max(0, this.#underway - bytes);
    if (text !== "") this.#parts.listener({ type: "interim", text, confidence: 0.5 });
    this.#send(); // which may bring the final words
  }

  /** Serial 0: nobody asked, the utterance was long. */
  #final(text: string, confidence: number, serial: number): void {
    const asked = this.#asked.get(serial);
    // One that comes after its deadline: an empty one was given for it.
    if (serial > 0 && asked === undefined) return;
    asked?.cancelDeadline();
    this.#asked.delete(serial);
    this.#failedOnce = false;
    this.#audio.confirm(asked?.at ?? this.#audio.sent - this.#underway);
    const { through } = asked ?? {};
    this.#parts.listener({ type: "final", text, confidence, ...(through !== undefined && { through }) });
  }

  #failed(error: string): void {
    this.lost(new GatewayError("PROVIDER_UNAVAILABLE", `The recogniser failed: ${error}`));
    if (this.#failedOnce) this.#giveUpWords();
    this.#failedOnce = true;
    this.#post({ type: "close", stream: this.#parts.id });
    this.#cancelReopen?.();
    this.#cancelReopen = this.#parts.clock.after(REOPEN_AFTER, () => this.connect());
  }

  #expired(asked: number): void {
    const error = new GatewayError("PROVIDER_TIMEOUT", `No final words within ${FINAL_DEADLINE} ms`);
    this.#parts.listener({ type: "failed", error });
    this.#giveUpWords();
    this.#parts.late(asked);
  }

  /** What was said so far is not recognised any more; whoever waits for a final gets an empty one. */
  #giveUpWords(): void {
    this.#audio.skip();
    this.#audio.confirm(this.#audio.end);
    this.#underway = 0;
    for (const [serial, { cancelDeadline }] of [...this.#asked]) {
      cancelDeadline();
      this.#asked.delete(serial);
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

import type { SpeechEvent, Utterance, VoiceConnection } from "../../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import {
  ReconnectingSocket,
  type ReconnectingSocketOptions,
  type SocketListener,
} from "../sockets/reconnecting-socket.ts";
import { protocolError } from "./deepgram-errors.ts";
import { FlushBudget } from "./flush-budget.ts";
import { CLEAR, CLOSE, encodeSpeak, FLUSH, parseSpeak, type SpeakMessage } from "./speak-messages.ts";
import { type SpeakDeadlines, type SpeakHost, SpeakUtterance } from "./speak-utterance.ts";
import type { SpokenSegment } from "./spoken-segment.ts";

/** From `Clear` to `Cleared`, in ms. */
const CLEAR_DEADLINE = 1_000;

/** What the vendor sends next, in the order in which it was asked for. */
type Owed =
  | { readonly type: "segment"; readonly segment: SpokenSegment; speaker: SpeakUtterance | undefined }
  | { readonly type: "cleared" };

/**
 * One call's connection to `v1/speak`. The protocol has no names for what is spoken: all is one stream, in which the
 * answers (`Flushed`, `Cleared`) come in the order of what was asked, and sound belongs to the oldest that is
 * unanswered. So utterances take turns segment by segment, and one that is cancelled is cleared away only when no other
 * would be with it.
 *
 * A lost connection fails the utterances for which sound was owed: what the vendor already spoke of them cannot be
 * taken up again. Others go on with the next connection.
 */
export class SpeakConnection implements VoiceConnection, SpeakHost, SocketListener {
  readonly #clock: Clock;
  readonly #deadlines: SpeakDeadlines;
  readonly #socket: ReconnectingSocket;
  readonly #budget = new FlushBudget();
  readonly #live = new Set<SpeakUtterance>();
  #owed: Owed[] = [];
  #refusal: GatewayError | undefined;
  #cancelClear: Cancel | undefined;
  #closed = false;

  constructor(socket: ReconnectingSocketOptions, deadlines: SpeakDeadlines) {
    this.#clock = socket.clock;
    this.#deadlines = deadlines;
    this.#socket = new ReconnectingSocket(socket, this);
  }

  /** Begins to connect. */
  open(): void {
    this.#socket.open();
  }

  get mostUnderWay(): number {
    return this.#budget.isAmple(this.#clock.now()) ? 2 : 1;
  }

  speak(listener: (event: SpeechEvent) => void): Utterance {
    const utterance = new SpeakUtterance(this.#clock, this.#deadlines, this, listener);
    this.#live.add(utterance);
    const refusal = this.#closed
      ? new GatewayError("PROVIDER_UNAVAILABLE", "Deepgram: the connection was closed")
      : this.#refusal;
    if (refusal !== undefined) queueMicrotask(() => utterance.fail(refusal));
    else this.#socket.open();
    return utterance;
  }

  /** Utterances under way are dropped; their listeners hear nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelClear?.();
    for (const utterance of [...this.#live]) utterance.cancel();
    this.#cancelClear?.();
    await this.#socket.close(CLOSE);
  }

  send(speaker: SpeakUtterance, segment: SpokenSegment): boolean {
    if (!this.#socket.isOpen) return false;
    if (this.#budget.isUsedUp(this.#clock.now())) {
      this.#renewWhenIdle();
      return false;
    }
    if (!this.#socket.send(encodeSpeak(segment.text)) || !this.#socket.send(FLUSH)) return false;
    this.#budget.spend(this.#clock.now());
    this.#owed.push({ type: "segment", segment, speaker });
    return true;
  }

  settled(utterance: SpeakUtterance): void {
    this.#live.delete(utterance);
    let owes = false;
    let owesOthers = false;
    for (const owed of this.#owed) {
      if (owed.type !== "segment") continue;
      if (owed.speaker !== utterance) owesOthers ||= owed.speaker !== undefined;
      else {
        owed.speaker = undefined;
        owes = true;
      }
    }
    if (owes && !owesOthers) this.#clear();
  }

  silent(): void {
    this.#socket.fail(new GatewayError("PROVIDER_TIMEOUT", "Deepgram: the voice fell silent"));
  }

  opened(): void {
    this.#budget.reset();
    for (const utterance of [...this.#live]) utterance.proceed();
  }

  audio(mulaw: Buffer): void {
    const [oldest] = this.#owed;
    if (oldest?.type !== "segment" || mulaw.length === 0) return;
    oldest.speaker?.hear(oldest.segment, mulaw);
  }

  message(data: string): void {
    let message: SpeakMessage;
    try {
      message = parseSpeak(data);
    } catch (error) {
      this.#socket.fail(asGatewayError(error, "PROVIDER_PROTOCOL"));
      return;
    }
    if (message.type === "flushed") this.#flushed();
    else if (message.type === "cleared") this.#cleared();
    else if (message.type === "error")
      this.#socket.fail(protocolError(`${message.code}: ${message.description}`));
    else if (message.type === "warning" && /flush/i.test(`${message.code} ${message.description}`)) {
      // What the flush was for would never be spoken.
      this.#socket.fail(new GatewayError("PROVIDER_RATE_LIMITED", "Deepgram takes no more flushes"));
    }
  }

  lost(error: GatewayError): void {
    this.#cancelClear?.();
    const speakers = new Set(this.#owed.map((owed) => (owed.type === "segment" ? owed.speaker : undefined)));
    this.#owed = [];
    // Given up after losses that may pass, it is tried again for the next utterance.
    if (!error.retryable && !(error.cause instanceof GatewayError)) this.#refusal = error;
    // A copy: a listener may begin the next utterance, which is not concerned.
    for (const utterance of [...this.#live]) {
      if (!error.retryable || speakers.has(utterance)) utterance.fail(error);
    }
  }

  #flushed(): void {
    const [oldest] = this.#owed;
    if (oldest?.type !== "segment") return; // of what was cleared away
    this.#owed.shift();
    oldest.speaker?.heardAll(oldest.segment);
    this.#goOn();
  }

  #cleared(): void {
    if (this.#owed[0]?.type !== "cleared") return;
    this.#owed.shift();
    this.#cancelClear?.();
    this.#goOn();
  }

  #goOn(): void {
    for (const utterance of [...this.#live]) utterance.proceed();
    if (!this.#live.size && !this.#budget.isAmple(this.#clock.now())) this.#renewWhenIdle();
  }

  /** What is with the vendor is nobody's: it need not come. */
  #clear(): void {
    if (!this.#socket.isOpen || !this.#socket.send(CLEAR)) return;
    this.#owed = [{ type: "cleared" }];
    this.#cancelClear?.();
    this.#cancelClear = this.#clock.after(CLEAR_DEADLINE, () => this.silent());
  }

  /** Flushes are counted by connection: another one has all of them. */
  #renewWhenIdle(): void {
    if (this.#owed.length > 0 || this.#closed) return;
    this.#socket.renew(CLOSE);
  }
}

import { BYTES_PER_MS, durationOf } from "../../audio/audio-format.ts";
import { EnergyGate } from "../../audio/energy-gate.ts";
import { KeptAudio } from "../../audio/kept-audio.ts";
import type { Clock } from "../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import { ReconnectingSocket } from "./reconnecting-socket.ts";

/** Audio kept for sending, or for sending again: 10 s. */
const KEPT_BYTES = 10_000 * BYTES_PER_MS;
/** Largest audio message; the vendor asks for 20 to 250 ms (streaming reference). */
const LARGEST_MESSAGE = 250 * BYTES_PER_MS;
/** Speech without which silence from the vendor proves nothing. */
const SPEECH_THAT_ASKS = 1_000 * BYTES_PER_MS;

export interface ListenConnectionOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly deadlines: ListenDeadlines;
  readonly onAudioDropped: (ms: number) => void;
}

/** All in ms. */
export interface ListenDeadlines {
  /** From dialling to the 101. */
  readonly connect: number;
  /** From the demand for final words, while words are outstanding, to the answer. */
  readonly answer: number;
  /** Audio with speech in it, and time, after which a connection that says nothing is deaf. */
  readonly deaf: number;
  /** From our close to the vendor's. */
  readonly close: number;
}

export interface ListenListener<Message> {
  opened(): void;
  message(message: Message): void;
  lost(error: GatewayError): void;
}

/**
 * What both protocols share: one socket, the audio that it may still need, and the notice of a half-open or
 * stalled connection. The rule for the latter: for `deadlines.deaf` ms the vendor said nothing, although so
 * much audio was sent, at least one second of it loud. Both protocols answer speech about once a second or
 * oftener, words or not, so a healthy connection never comes near; a wrong verdict costs a reconnection,
 * and no words, because the audio is sent again.
 */
export class ListenConnection<Message> {
  readonly #options: ListenConnectionOptions;
  readonly #socket: ReconnectingSocket;
  readonly #audio = new KeptAudio(KEPT_BYTES);
  readonly #gate = new EnergyGate();
  /** Position of the connection's first byte: vendors count time from the start of each connection. */
  #base = 0;
  /** Nothing will be sent any more: refused, given up or closed. */
  #over = false;
  #heardAt = 0;
  #unanswered = 0;
  #unansweredLoud = 0;

  constructor(
    options: ListenConnectionOptions,
    parse: (data: string) => Message,
    listener: ListenListener<Message>,
  ) {
    this.#options = options;
    const { url, clock, random, deadlines } = options;
    const headers = { Authorization: `Token ${options.apiKey}` };
    this.#socket = new ReconnectingSocket(
      { url, headers, clock, random, connectDeadline: deadlines.connect, closeDeadline: deadlines.close },
      {
        opened: () => {
          this.#base = this.#audio.sent;
          this.#heard();
          listener.opened();
        },
        message: (data) => {
          this.#heard();
          let message: Message;
          try {
            message = parse(data);
          } catch (error) {
            this.#socket.fail(asGatewayError(error, "PROVIDER_PROTOCOL"));
            return;
          }
          listener.message(message);
        },
        lost: (error) => {
          this.#over ||= !error.retryable;
          listener.lost(error);
          this.#audio.rewind();
        },
      },
    );
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** Position after the newest audio. */
  get end(): number {
    return this.#audio.end;
  }

  /** Whether audio was sent on this connection. */
  get fed(): boolean {
    return this.#audio.sent > this.#base;
  }

  /** Whether audio that no final words cover could not be sent again. */
  get overwritten(): boolean {
    return this.#audio.overwritten;
  }

  open(): void {
    this.#socket.open();
  }

  /** Keeps the audio for the next {@link flush}; answers whether it is loud. */
  append(mulaw: Uint8Array): boolean {
    if (this.#over) return false;
    const dropped = this.#audio.dropped;
    this.#audio.append(mulaw);
    if (this.#audio.dropped > dropped) {
      this.#options.onAudioDropped(durationOf(this.#audio.dropped - dropped));
    }
    const loud = this.#gate.feed(mulaw);
    if (this.isOpen) this.#listenForDeafness(mulaw.length, loud);
    return loud;
  }

  /** Sends what is kept and unsent, up to a position; not open: it stays for later. */
  flush(until = this.#audio.end): void {
    if (!this.isOpen) return;
    this.#audio.drain(LARGEST_MESSAGE, until, (mulaw) => this.#socket.send(mulaw));
  }

  control(message: string): void {
    this.#socket.send(message);
  }

  /** The position that the vendor names in seconds of this connection's audio. */
  positionOf(seconds: number): number {
    return this.#base + Math.round(seconds * 1000 * BYTES_PER_MS);
  }

  /** Final words cover the audio before this position; it need not be sent again. */
  confirm(position: number): void {
    this.#audio.confirm(position);
  }

  fail(error: GatewayError): void {
    this.#socket.fail(error);
  }

  close(farewell: string): Promise<void> {
    this.#over = true;
    return this.#socket.close(farewell);
  }

  #heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#unanswered = 0;
    this.#unansweredLoud = 0;
  }

  #listenForDeafness(bytes: number, loud: boolean): void {
    this.#unanswered += bytes;
    if (loud) this.#unansweredLoud += bytes;
    if (this.#unansweredLoud < SPEECH_THAT_ASKS) return;
    const { clock, deadlines } = this.#options;
    if (durationOf(this.#unanswered) < deadlines.deaf || clock.now() - this.#heardAt < deadlines.deaf) return;
    this.#socket.fail(new GatewayError("PROVIDER_TIMEOUT", "Deepgram says nothing to the caller's speech"));
  }
}

import { BYTES_PER_MS, durationOf } from "../../audio/audio-format.ts";
import { EnergyGate } from "../../audio/energy-gate.ts";
import { KeptAudio } from "../../audio/kept-audio.ts";
import type { Clock } from "../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import { Portions } from "../../runtime/portions.ts";
import { ReconnectingSocket } from "../sockets/reconnecting-socket.ts";
import { DeafnessWatch } from "./deafness-watch.ts";
import { deepgramSocket } from "./deepgram-socket.ts";
import { InsertedSilence } from "./inserted-silence.ts";

/** Audio kept for sending, or for sending again: 30 s. */
const KEPT_BYTES = 30_000 * BYTES_PER_MS;
/** Largest audio message; the vendor asks for 20 to 250 ms (streaming reference). */
const LARGEST_MESSAGE = 250 * BYTES_PER_MS;
/**
 * What has piled up goes at ten times the speed of speech: 2 s of audio at once, every 200 ms. Faster only fills
 * buffers; the vendor tells no limit.
 */
const PORTION = 2_000 * BYTES_PER_MS;
const PORTION_EVERY = 200;
/** With so much not yet taken by the network (8 s of audio), what has piled up waits. */
const MOST_UNSENT = 8_000 * BYTES_PER_MS;
/** Audio further behind than this is heard late: the vendor hears what has piled up. */
const BEHIND = 1_000 * BYTES_PER_MS;

export interface ListenConnectionOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly deadlines: ListenDeadlines;
}

/** All in ms. */
export interface ListenDeadlines {
  /** From dialling to the 101. */
  readonly connect: number;
  /** From the demand for final words, while words are outstanding, to the answer. */
  readonly answer: number;
  /** From the first sound of speech to the first message about the audio: see {@link DeafnessWatch}. */
  readonly deaf: number;
  /** From our close to the vendor's. */
  readonly close: number;
}

/** Messages that tell nothing of the audio: a connection that sends no others is deaf. */
const BESIDE_THE_AUDIO: ReadonlySet<string> = new Set(["connected", "other"]);

export interface ListenListener<Message> {
  opened(): void;
  message(message: Message): void;
  lost(error: GatewayError): void;
}

/**
 * What both protocols share: one socket, the audio that it may still need, and the notice of a half-open or
 * stalled connection ({@link DeafnessWatch}). After a loss everything that no final words cover is sent again, faster
 * than it was spoken, and live audio behind it.
 */
export class ListenConnection<Message extends { readonly type: string }> {
  readonly #socket: ReconnectingSocket;
  readonly #audio = new KeptAudio(KEPT_BYTES);
  readonly #silence = new InsertedSilence();
  readonly #gate = new EnergyGate();
  readonly #deafness: DeafnessWatch;
  readonly #uplink: Portions;
  /** Position of the connection's first byte: vendors count time from the start of each connection. */
  #base = 0;
  /** Nothing will be sent any more: refused, given up or closed. */
  #over = false;
  /** To be done once the audio before a position was sent. */
  #then: { readonly at: number; readonly run: () => void } | undefined;

  constructor(
    options: ListenConnectionOptions,
    parse: (data: string) => Message,
    listener: ListenListener<Message>,
  ) {
    const { url, clock, random, deadlines } = options;
    const headers = { Authorization: `Token ${options.apiKey}` };
    this.#deafness = new DeafnessWatch(clock, deadlines.deaf);
    this.#uplink = new Portions(clock, PORTION_EVERY, () => this.#sendPortion());
    this.#socket = new ReconnectingSocket(
      {
        ...deepgramSocket,
        ...{ url, headers, clock, random },
        connectDeadline: deadlines.connect,
        closeDeadline: deadlines.close,
      },
      {
        opened: () => {
          this.#base = this.#audio.sent;
          this.#deafness.begin(this.#audio.loudUntil > this.#base);
          listener.opened();
        },
        message: (data) => {
          let message: Message;
          try {
            message = parse(data);
          } catch (error) {
            this.#socket.fail(asGatewayError(error, "PROVIDER_PROTOCOL"));
            return;
          }
          if (!BESIDE_THE_AUDIO.has(message.type)) this.#deafness.heard();
          listener.message(message);
        },
        lost: (error) => {
          this.#over ||= !error.retryable;
          this.#uplink.stop();
          this.#then = undefined;
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

  /** Whether all audio before a position was sent on this connection. */
  hasSent(position: number): boolean {
    return this.isOpen && this.#audio.sent >= position;
  }

  /** Whether audio that no final words cover could not be sent again. */
  get overwritten(): boolean {
    return this.#audio.overwritten;
  }

  open(): void {
    this.#socket.open();
  }

  /** Keeps the caller's audio for the next {@link flush}; answers whether it is loud. */
  append(mulaw: Uint8Array): boolean {
    if (this.#over) return false;
    const loud = this.#gate.feed(mulaw);
    this.#audio.append(mulaw, loud);
    if (this.isOpen && this.#deafness.pushed(mulaw.length, loud)) {
      this.#socket.fail(new GatewayError("PROVIDER_TIMEOUT", "Deepgram says nothing to the caller's speech"));
    }
    return loud;
  }

  /** Silence that the caller did not send, for the next {@link flush}. */
  appendSilence(mulaw: Uint8Array): void {
    if (this.#over) return;
    this.#silence.forget(this.#audio.end - KEPT_BYTES);
    this.#silence.add(this.#audio.end, mulaw.length);
    this.#audio.append(mulaw, false);
  }

  /** Sends what is kept and unsent, in portions if that is much; not open: it stays for later. */
  flush(): void {
    if (this.isOpen) this.#uplink.run();
  }

  /** Does something as soon as all audio before a position was sent; in place of what was to be done before. */
  afterSending(at: number, run: () => void): void {
    this.#then = { at, run };
    this.flush();
  }

  control(message: string): void {
    this.#socket.send(message);
  }

  /** The position that the vendor names in seconds of this connection's audio. */
  positionOf(seconds: number): number {
    return this.#base + Math.round(seconds * 1000 * BYTES_PER_MS);
  }

  /** How much of the audio that the caller sent lies before a position, in ms. */
  callerTime(position: number): number {
    return durationOf(this.#silence.ownBefore(Math.min(position, this.#audio.end)));
  }

  /** Whether the vendor hears this position so late that the caller's speech has gone on long since. */
  isPast(position: number): boolean {
    return this.#audio.loudUntil > position && this.#audio.end - position > BEHIND;
  }

  /** Final words cover the audio before this position; it need not be sent again. */
  confirm(position: number): void {
    this.#audio.confirm(position);
  }

  /** No words were heard in what is not confirmed: the silence at its beginning need not be sent again. */
  skipQuiet(): void {
    this.#audio.skipQuiet();
  }

  fail(error: GatewayError): void {
    this.#socket.fail(error);
  }

  close(farewell: string): Promise<void> {
    this.#over = true;
    this.#uplink.stop();
    return this.#socket.close(farewell);
  }

  /** Answers whether there is more to send. */
  #sendPortion(): boolean {
    if (!this.isOpen) return false;
    if (this.#socket.unsent <= MOST_UNSENT) this.#drain(this.#audio.sent + PORTION);
    return this.isOpen && this.#audio.sent < this.#audio.end;
  }

  #drain(until: number): void {
    const send = (mulaw: Uint8Array): boolean => this.#socket.send(mulaw);
    const then = this.#then;
    if (then !== undefined && then.at <= until) {
      this.#audio.drain(LARGEST_MESSAGE, then.at, send);
      if (this.#then !== then || this.#audio.sent < then.at) return;
      this.#then = undefined;
      then.run();
    }
    this.#audio.drain(LARGEST_MESSAGE, until, send);
  }
}

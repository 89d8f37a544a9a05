import type { SpeechEvent, Utterance, VoiceConnection } from "../../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { ContextUtterance, type UtteranceHost, type UtteranceLimits } from "./context-utterance.ts";
import { messageError } from "./elevenlabs-error.ts";
import { MAX_CONTEXTS, parseServerMessage, type VoiceSettings } from "./multi-stream-messages.ts";
import { VoiceSocket, type VoiceSocketListener, type VoiceSocketOptions } from "./voice-socket.ts";

/** Well below the inactivity timeout that the connection asks for (180 s), in ms. */
const KEEP_ALIVE = 60_000;

/**
 * One call's connection, with a context for each utterance. An utterance that finds all places taken (by
 * cancelled ones whose end the service has not told yet) waits for one; its own deadline bounds the wait.
 * When the connection is lost, every utterance under way fails: what the service already spoke of them cannot
 * be taken up again.
 */
export class ElevenLabsConnection implements VoiceConnection, UtteranceHost, VoiceSocketListener {
  readonly #clock: Clock;
  readonly #limits: UtteranceLimits;
  readonly #settings: VoiceSettings;
  readonly #socket: VoiceSocket;
  readonly #live = new Map<string, ContextUtterance>();
  readonly #waiting = new Set<ContextUtterance>();
  /** Contexts that the service holds, those of cancelled utterances included. */
  readonly #contexts = new Set<string>();
  #utterances = 0;
  #cancelKeepAlive: Cancel = () => {};
  #closed = false;

  constructor(socket: VoiceSocketOptions, limits: UtteranceLimits, settings: VoiceSettings) {
    this.#clock = socket.clock;
    this.#limits = limits;
    this.#settings = settings;
    this.#socket = new VoiceSocket(socket, this);
  }

  /** Begins to connect. */
  open(): void {
    this.#socket.open();
  }

  speak(listener: (event: SpeechEvent) => void): Utterance {
    const id = `u${++this.#utterances}`;
    const utterance = new ContextUtterance(id, this.#clock, this.#limits, this.#settings, this, listener);
    this.#live.set(id, utterance);
    const refusal = this.#closed
      ? new GatewayError("PROVIDER_UNAVAILABLE", "elevenlabs: the connection was closed")
      : this.#socket.refusal;
    if (refusal !== undefined) queueMicrotask(() => utterance.fail(refusal));
    else this.#socket.open();
    return utterance;
  }

  /** Utterances under way are dropped; their listeners hear nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelKeepAlive();
    for (const utterance of [...this.#live.values()]) utterance.cancel();
    await this.#socket.close();
  }

  wantsContext(utterance: ContextUtterance): void {
    this.#waiting.add(utterance);
    this.#socket.open();
    this.#admit();
  }

  settled(utterance: ContextUtterance): void {
    this.#live.delete(utterance.id);
    this.#waiting.delete(utterance);
  }

  silent(): void {
    this.#socket.fail(new GatewayError("PROVIDER_UNAVAILABLE", "elevenlabs: the connection fell silent"));
  }

  opened(): void {
    this.#scheduleKeepAlive();
    this.#admit();
  }

  message(raw: string): void {
    const message = parseServerMessage(raw);
    if (message === undefined) {
      this.#socket.fail(new GatewayError("PROVIDER_PROTOCOL", "elevenlabs sent what is not JSON"));
      return;
    }
    if (message.audio !== undefined) this.#socket.healthy();
    const [only] = this.#contexts.size === 1 ? this.#contexts : [];
    const context = message.context ?? (message.error === undefined ? only : undefined);
    if (context === undefined) {
      if (message.error !== undefined) this.#socket.fail(messageError(message.error));
      return;
    }
    const over = message.final || message.error !== undefined;
    if (over) this.#contexts.delete(context);
    this.#live.get(context)?.receive(message);
    if (over) this.#admit();
  }

  failed(error: GatewayError): void {
    this.#cancelKeepAlive();
    this.#contexts.clear();
    // A copy: a listener may begin the next utterance, which is not concerned.
    for (const utterance of [...this.#live.values()]) utterance.fail(error);
  }

  #admit(): void {
    for (const utterance of this.#waiting) {
      if (!this.#socket.ready || this.#contexts.size >= MAX_CONTEXTS) return;
      this.#waiting.delete(utterance);
      this.#contexts.add(utterance.id);
      utterance.attach((message) => this.#socket.send(message));
    }
  }

  #scheduleKeepAlive(): void {
    this.#cancelKeepAlive();
    this.#cancelKeepAlive = this.#clock.after(KEEP_ALIVE, () => {
      for (const utterance of this.#live.values()) utterance.keepAlive();
      this.#socket.ping();
      this.#scheduleKeepAlive();
    });
  }
}

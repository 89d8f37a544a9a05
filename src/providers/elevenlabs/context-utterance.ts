import { durationOf } from "../../audio/audio-format.ts";
import type { CharacterTimes, SpeechEvent, Utterance } from "../../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { messageError } from "./elevenlabs-error.ts";
import {
  type Alignment,
  encodeCloseContext,
  encodeFlush,
  encodeInit,
  encodeKeepAlive,
  encodeText,
  type ServerMessage,
  type VoiceSettings,
} from "./multi-stream-messages.ts";
import { OutstandingText } from "./outstanding-text.ts";
import { WholeWords } from "./whole-words.ts";

export interface UtteranceLimits {
  /** From a flush to its first audio, the wait for a connection included, in ms. */
  readonly firstByte: number;
  /** Between two messages of audio while some is owed, in ms. */
  readonly betweenAudio: number;
}

/** What an utterance needs of its connection. */
export interface UtteranceHost {
  /** The utterance has its first words: give it a place on the wire (`attach`) when there is one. */
  wantsContext(utterance: ContextUtterance): void;
  /** It is over, in whatever way: nothing more is told to its listener. */
  settled(utterance: ContextUtterance): void;
  /** It failed because the service fell silent. */
  silent(): void;
}

/** Messages kept while there is no connection; more fail the utterance with `PROVIDER_UNAVAILABLE`. */
const MAX_WAITING = 2_000;

/**
 * One utterance, which is one context on the wire. The context begins with the first word; an utterance without
 * words never has one and is done when it ends.
 */
export class ContextUtterance implements Utterance {
  readonly id: string;
  readonly #clock: Clock;
  readonly #limits: UtteranceLimits;
  readonly #settings: VoiceSettings;
  readonly #host: UtteranceHost;
  readonly #listener: (event: SpeechEvent) => void;
  readonly #words = new WholeWords();
  readonly #outstanding = new OutstandingText();
  readonly #waiting: string[] = [];
  #send: ((message: string) => void) | undefined;
  #begun = false;
  #ended = false;
  #settled = false;
  #receivedBytes = 0;
  #disarm: Cancel | undefined;

  constructor(
    id: string,
    clock: Clock,
    limits: UtteranceLimits,
    settings: VoiceSettings,
    host: UtteranceHost,
    listener: (event: SpeechEvent) => void,
  ) {
    this.id = id;
    this.#clock = clock;
    this.#limits = limits;
    this.#settings = settings;
    this.#host = host;
    this.#listener = listener;
  }

  write(text: string): void {
    if (!this.#ended && !this.#settled) this.#say(this.#words.push(text));
  }

  flush(): void {
    if (this.#ended || this.#settled) return;
    this.#say(this.#words.flush());
    if (!this.#outstanding.flush()) return;
    this.#post(encodeFlush(this.id));
    // Text that reached the schedule's threshold may have been spoken before its flush.
    if (this.#disarm === undefined && this.#outstanding.owed) this.#expect("speech", this.#limits.firstByte);
  }

  end(): void {
    if (this.#ended || this.#settled) return;
    this.flush();
    this.#ended = true;
    if (this.#begun) {
      // Flushed before: closing a context loses the text that was not.
      this.#post(encodeCloseContext(this.id));
      if (this.#disarm === undefined) this.#expect("end of speech", this.#limits.firstByte);
    } else {
      queueMicrotask(() => this.#settle({ type: "done" }));
    }
  }

  cancel(): void {
    if (this.#settled) return;
    if (this.#send !== undefined && !this.#ended) this.#post(encodeCloseContext(this.id));
    this.#settle();
  }

  /** Its place on the wire: sends what waited. */
  attach(send: (message: string) => void): void {
    this.#send = send;
    for (const message of this.#waiting.splice(0)) send(message);
  }

  keepAlive(): void {
    if (this.#send !== undefined && !this.#ended && !this.#settled) this.#post(encodeKeepAlive(this.id));
  }

  /** A message of its context. */
  receive(message: ServerMessage): void {
    if (this.#settled) return;
    if (message.error !== undefined) return this.fail(messageError(message.error));
    if (message.audio !== undefined) this.#hear(message.audio, message.alignment);
    if (!message.final) return;
    if (this.#ended) this.#settle({ type: "done" });
    else this.fail(new GatewayError("PROVIDER_PROTOCOL", "elevenlabs ended a speech that was not over"));
  }

  /** Tells the listener that it failed, unless it is over; the listener is called before this returns. */
  fail(error: GatewayError): void {
    this.#settle({ type: "failed", error });
  }

  #say(text: string): void {
    if (text === "") return;
    if (!this.#begun) {
      this.#begun = true;
      this.#post(encodeInit(this.id, this.#settings));
      this.#host.wantsContext(this);
    }
    this.#outstanding.write(text);
    this.#post(encodeText(this.id, text));
  }

  #post(message: string): void {
    if (this.#settled) return;
    if (this.#send !== undefined) this.#send(message);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(message);
    else this.fail(new GatewayError("PROVIDER_UNAVAILABLE", "elevenlabs: too much text before a connection"));
  }

  #hear(mulaw: Buffer, alignment: Alignment | undefined): void {
    const offset = durationOf(this.#receivedBytes);
    this.#receivedBytes += mulaw.length;
    this.#outstanding.heard(alignment?.text);
    this.#disarm?.();
    this.#disarm = undefined;
    if (this.#ended || this.#outstanding.owed) this.#expect("more speech", this.#limits.betweenAudio);
    this.#listener(
      alignment === undefined
        ? { type: "audio", mulaw }
        : { type: "audio", mulaw, characters: shifted(alignment, offset) },
    );
  }

  #expect(what: string, ms: number): void {
    this.#disarm = this.#clock.after(ms, () => {
      this.#settle();
      // Before the listener hears of it, so that what it says next goes to the new connection.
      this.#host.silent();
      const error = new GatewayError("PROVIDER_TIMEOUT", `elevenlabs: no ${what} for ${ms} ms`);
      this.#listener({ type: "failed", error });
    });
  }

  #settle(event?: SpeechEvent): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#disarm?.();
    this.#waiting.length = 0;
    this.#host.settled(this);
    if (event !== undefined) this.#listener(event);
  }
}

/** From times within one message to times within the utterance: the vendor counts each message from 0. */
function shifted(alignment: Alignment, offset: number): CharacterTimes {
  return {
    text: alignment.text,
    starts: alignment.starts.map((start) => start + offset),
    end: alignment.end + offset,
  };
}

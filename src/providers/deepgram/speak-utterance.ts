import { durationOf } from "../../audio/audio-format.ts";
import type { CharacterTimes, SpeechEvent, Utterance } from "../../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { SpokenSegment } from "./spoken-segment.ts";

/** Characters in one segment. The vendor holds no more than 2000 at a time. */
const LONGEST_SEGMENT = 1_500;
/** Characters that may wait for a connection or for the segments before them; more fail the utterance. */
const MOST_WAITING = 20_000;

export interface SpeakDeadlines {
  /** From a flush to its first audio, the wait for a connection included, in ms. */
  readonly firstByte: number;
  /** Between two messages of audio while some is owed, in ms. */
  readonly betweenAudio: number;
}

/** What an utterance needs of its connection. */
export interface SpeakHost {
  /** Segments that an utterance may have with the vendor at a time. */
  readonly mostUnderWay: number;
  /** Has it spoken; false: not now, the utterance is told (`proceed`) when it is worth trying again. */
  send(utterance: SpeakUtterance, segment: SpokenSegment): boolean;
  /** It is over, in whatever way: nothing more is told to its listener. */
  settled(utterance: SpeakUtterance): void;
  /** It failed because the vendor fell silent. */
  silent(): void;
}

/**
 * One utterance, sent in segments: what was written up to a flush goes in one message. While some are with the vendor
 * already, what is flushed is gathered, because flushes are few ({@link FlushBudget}) and better voiced when longer.
 */
export class SpeakUtterance implements Utterance {
  readonly #clock: Clock;
  readonly #deadlines: SpeakDeadlines;
  readonly #host: SpeakHost;
  readonly #listener: (event: SpeechEvent) => void;
  /** Written and not flushed. */
  #held = "";
  /** Flushed and not sent. */
  #wanted = "";
  #underWay = 0;
  #received = 0;
  #timedUntil = 0;
  #ended = false;
  #settled = false;
  #disarm: Cancel | undefined;

  constructor(
    clock: Clock,
    deadlines: SpeakDeadlines,
    host: SpeakHost,
    listener: (event: SpeechEvent) => void,
  ) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#host = host;
    this.#listener = listener;
  }

  write(text: string): void {
    if (this.#ended || this.#settled) return;
    this.#held += text;
    if (this.#held.length < LONGEST_SEGMENT) return;
    const end = this.#held.search(/\s\S*$/) + 1 || this.#held.length;
    this.#want(this.#held.slice(0, end));
    this.#held = this.#held.slice(end);
  }

  flush(): void {
    if (this.#ended || this.#settled) return;
    this.#want(this.#held);
    this.#held = "";
  }

  end(): void {
    if (this.#ended || this.#settled) return;
    this.flush();
    this.#ended = true;
    if (this.#isFinished) queueMicrotask(() => this.#settle({ type: "done" }));
  }

  cancel(): void {
    this.#settle();
  }

  /** Sends what can be sent now. */
  proceed(): void {
    while (!this.#settled && isSpeakable(this.#wanted) && this.#underWay < this.#host.mostUnderWay) {
      const text = firstSegment(this.#wanted);
      if (!this.#host.send(this, new SpokenSegment(text))) return;
      this.#wanted = this.#wanted.slice(text.length);
      this.#underWay += 1;
    }
  }

  /** Sound of one of its segments. */
  hear(segment: SpokenSegment, mulaw: Uint8Array): void {
    const characters = segment.hear(mulaw, this.#position);
    this.#received += mulaw.length;
    this.#expect("more speech", this.#deadlines.betweenAudio);
    this.#tell(mulaw, characters);
  }

  /** All sound of a segment has come. */
  heardAll(segment: SpokenSegment): void {
    this.#underWay -= 1;
    this.#disarm?.();
    this.#disarm = undefined;
    if (!segment.begun) {
      return this.fail(new GatewayError("PROVIDER_PROTOCOL", "Deepgram: no sound came of the words"));
    }
    // No sound comes with these times: the words are told as soon as it is known when each of them sounds.
    this.#tell(new Uint8Array(0), segment.end());
    if (this.#settled) return;
    if (this.#isFinished) return this.#settle({ type: "done" });
    this.proceed();
    if (this.#owed) this.#expect("more speech", this.#deadlines.firstByte);
  }

  /** Tells the listener that it failed, unless it is over; the listener is called before this returns. */
  fail(error: GatewayError): void {
    this.#settle({ type: "failed", error });
  }

  get #position(): number {
    return Math.max(durationOf(this.#received), this.#timedUntil);
  }

  get #owed(): boolean {
    return this.#underWay > 0 || isSpeakable(this.#wanted);
  }

  get #isFinished(): boolean {
    return this.#ended && !this.#owed;
  }

  #want(text: string): void {
    this.#wanted += text;
    if (this.#wanted.length > MOST_WAITING) {
      return this.fail(
        new GatewayError("PROVIDER_UNAVAILABLE", "Deepgram: too much text before a connection"),
      );
    }
    if (!isSpeakable(this.#wanted)) return;
    if (this.#disarm === undefined) this.#expect("speech", this.#deadlines.firstByte);
    this.proceed();
  }

  #tell(mulaw: Uint8Array, characters: CharacterTimes | undefined): void {
    if (characters === undefined) return this.#listener({ type: "audio", mulaw });
    this.#timedUntil = characters.end;
    this.#listener({ type: "audio", mulaw, characters });
  }

  #expect(what: string, ms: number): void {
    this.#disarm?.();
    this.#disarm = this.#clock.after(ms, () => {
      this.#settle();
      // Before the listener hears of it, so that what it says next goes to the new connection.
      this.#host.silent();
      this.#listener({
        type: "failed",
        error: new GatewayError("PROVIDER_TIMEOUT", `Deepgram: no ${what} for ${ms} ms`),
      });
    });
  }

  #settle(event?: SpeechEvent): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#disarm?.();
    this.#host.settled(this);
    if (event !== undefined) this.#listener(event);
  }
}

/** Whether there is anything to say: marks alone make no sound. */
function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** As much as one segment holds, in whole words where there are any. */
function firstSegment(text: string): string {
  if (text.length <= LONGEST_SEGMENT) return text;
  const end = text.slice(0, LONGEST_SEGMENT).search(/\s\S*$/) + 1 || LONGEST_SEGMENT;
  return text.slice(0, end);
}

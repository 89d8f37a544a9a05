import { BYTES_PER_MS } from "../../src/audio/audio-format.ts";
import { EnergyGate } from "../../src/audio/energy-gate.ts";
import type {
  SpeechToText,
  TranscriptEvent,
  TranscriptionStream,
} from "../../src/pipeline/speech-to-text.ts";
import type { Cancel, Clock } from "../../src/runtime/clock.ts";
import { type ErrorCode, GatewayError } from "../../src/runtime/errors.ts";

/** From dialling to `ready`, from sound to its words, from sound without an answer to the failure, and to dialling again, in ms. */
const CONNECT = 50;
const WORDS_AFTER = 200;
const DEADLINE = 2_000;
const AGAIN_AFTER = 250;

/**
 * A recogniser behind a socket that always opens. What it hears in sound: words ("yes"); that it is none (`noise`:
 * no words come, and no deadline passes); or it says nothing at all (`nothing`) and is given up and dialled anew.
 */
export class ConnectingRecogniser implements SpeechToText {
  readonly name: string;
  readonly endpoints = "silence";
  readonly punctuates = false;
  hears: "words" | "noise" | "nothing" = "words";
  opened = 0;
  readonly #clock: Clock;
  readonly #live = new Set<ConnectingStream>();

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  open(_: unknown, listener: (event: TranscriptEvent) => void): TranscriptionStream {
    this.opened += 1;
    const stream = new ConnectingStream(this, this.#clock, listener, () => this.#live.delete(stream));
    this.#live.add(stream);
    return stream;
  }

  /** The connections of all streams break, and are made again. */
  drop(): void {
    for (const stream of this.#live) stream.fail("PROVIDER_UNAVAILABLE");
  }
}

class ConnectingStream implements TranscriptionStream {
  readonly #vendor: ConnectingRecogniser;
  readonly #clock: Clock;
  readonly #closed: () => void;
  readonly #gate = new EnergyGate();
  #listener: (event: TranscriptEvent) => void;
  #pushed = 0;
  #connected = false;
  /** There was sound that nothing was said to. */
  #owed = false;
  #cancelDial: Cancel | undefined;
  #cancelAnswer: Cancel | undefined;

  constructor(
    vendor: ConnectingRecogniser,
    clock: Clock,
    listener: (event: TranscriptEvent) => void,
    closed: () => void,
  ) {
    this.#vendor = vendor;
    this.#clock = clock;
    this.#listener = listener;
    this.#closed = closed;
    this.#cancelDial = clock.after(CONNECT, () => this.#connect());
  }

  push(mulaw: Uint8Array): void {
    this.#pushed += mulaw.length;
    if (!this.#gate.feed(mulaw) || this.#owed) return;
    this.#owed = true;
    this.#listen();
  }

  finalize(): void {}

  hint(): void {}

  async close(): Promise<void> {
    this.#listener = () => {};
    this.#cancelDial?.();
    this.#cancelAnswer?.();
    this.#closed();
  }

  fail(code: ErrorCode): void {
    this.#connected = false;
    this.#cancelAnswer?.();
    this.#cancelDial?.();
    this.#cancelDial = this.#clock.after(AGAIN_AFTER + CONNECT, () => this.#connect());
    this.#listener({ type: "failed", error: new GatewayError(code, "made to fail") });
  }

  #connect(): void {
    this.#connected = true;
    this.#listener({ type: "ready" });
    if (this.#owed) this.#listen();
  }

  #listen(): void {
    if (!this.#connected) return;
    const { hears } = this.#vendor;
    if (hears === "nothing") {
      this.#cancelAnswer = this.#clock.after(DEADLINE, () => this.fail("PROVIDER_TIMEOUT"));
    } else this.#cancelAnswer = this.#clock.after(WORDS_AFTER, () => this.#answer(hears === "words"));
  }

  #answer(words: boolean): void {
    this.#owed = false;
    const through = this.#pushed / BYTES_PER_MS;
    if (words) this.#listener({ type: "final", text: "yes", confidence: 1, through });
  }
}

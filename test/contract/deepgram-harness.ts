import { SAMPLE_RATE, SILENCE } from "../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../src/audio/mulaw.ts";
import type { TranscriptEvent, TranscriptionStream } from "../../src/pipeline/speech-to-text.ts";
import {
  type DeepgramOptions,
  deepgramSpeechToText,
} from "../../src/providers/deepgram/deepgram-speech-to-text.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import {
  type DeepgramStandIn,
  type DeepgramStandInOptions,
  startDeepgramStandIn,
} from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import { until } from "../support/until.ts";

/** A loud tone: what the stand-in's ear and the batcher take for speech. */
export function speech(ms: number): Uint8Array {
  const samples = Int16Array.from(
    { length: (ms * SAMPLE_RATE) / 1000 },
    (_, i) => 9000 * Math.sin((2 * Math.PI * 220 * i) / SAMPLE_RATE),
  );
  return encodeMulaw(samples);
}

export function silence(ms: number): Uint8Array {
  return new Uint8Array((ms * SAMPLE_RATE) / 1000).fill(SILENCE);
}

function describe(event: TranscriptEvent): string {
  if (event.type === "failed") return `failed ${event.error.code}`;
  return "text" in event ? `${event.type} ${event.text}` : event.type;
}

/** The adapter on one call to a stand-in; both live on the same manual clock, between them is a real socket. */
export class DeepgramCall {
  readonly clock = new ManualClock();
  readonly events: string[] = [];
  /** What each final covers of the pushed audio, in ms. */
  readonly through: (number | undefined)[] = [];
  standIn!: DeepgramStandIn;
  stream!: TranscriptionStream;

  static async open(
    options: Partial<DeepgramOptions> = {},
    standInOptions: Partial<DeepgramStandInOptions> = {},
    prepare: (standIn: DeepgramStandIn) => void = () => {},
  ): Promise<DeepgramCall> {
    const call = new DeepgramCall();
    call.standIn = await startDeepgramStandIn({
      clock: call.clock,
      transcript: "I would like to book a table.",
      ...standInOptions,
    });
    prepare(call.standIn);
    call.stream = deepgramSpeechToText({
      apiKey: "test-key",
      clock: call.clock,
      baseUrl: call.standIn.origin,
      random: () => 0.999,
      ...options,
    }).open({ language: "en-US" }, (event) => {
      if (event.type === "final") call.through.push(event.through);
      call.events.push(describe(event));
    });
    return call;
  }

  /** Ends both sides; fails when a timer or a socket is left. */
  async close(): Promise<void> {
    await this.stream.close();
    await this.standIn.close();
    if (this.clock.armed > 0) throw new Error(`${this.clock.armed} timers left armed`);
    await until(() => !process.getActiveResourcesInfo().includes("TCPSocketWrap"), "all sockets closed");
  }

  /** Pushes audio in telephone frames of 20 ms. */
  push(...audio: Uint8Array[]): void {
    for (const piece of audio) {
      for (let at = 0; at < piece.length; at += 160) this.stream.push(piece.subarray(at, at + 160));
    }
  }

  /** Pushes audio as it comes over the telephone: a frame every 20 ms. */
  async speaks(...audio: Uint8Array[]): Promise<void> {
    for (const piece of audio) {
      for (let at = 0; at < piece.length; at += 160) {
        this.stream.push(piece.subarray(at, at + 160));
        await this.clock.settleTo(this.clock.now() + 20);
      }
    }
  }

  async comes(event: string, times = 1): Promise<void> {
    await until(
      () => this.events.filter((each) => each === event).length >= times,
      `${event} in ${this.events.join(", ")}`,
    );
  }

  /** What the vendor saw, in order, of one connection. */
  received(connection = 1): string {
    return this.standIn.log
      .filter((entry) => entry.direction === "in" && entry.connection === connection)
      .map((entry) => entry.what)
      .join(", ");
  }

  /** Bytes of audio that arrived on a connection; needs `logAudio`. */
  bytes(connection = 1): number {
    return this.standIn.log
      .filter((entry) => entry.what === "audio" && entry.connection === connection)
      .reduce((sum, entry) => sum + Number.parseInt(entry.detail ?? "0", 10), 0);
  }

  sent(what: string): number {
    return this.standIn.log.filter((entry) => entry.direction === "out" && entry.what === what).length;
  }

  /** Lets time pass in steps in which sockets can answer. */
  async pass(ms: number, step = 500): Promise<void> {
    const end = this.clock.now() + ms;
    while (this.clock.now() < end) {
      await this.clock.settleTo(Math.min(end, this.clock.now() + step));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

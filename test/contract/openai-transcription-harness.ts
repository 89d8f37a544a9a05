import type {
  SpeechToText,
  TranscriptEvent,
  TranscriptionStream,
} from "../../src/pipeline/speech-to-text.ts";
import {
  type OpenAiTranscriptionOptions,
  openAiSpeechToText,
} from "../../src/providers/openai-transcription/openai-speech-to-text.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import {
  type OpenAiRealtimeStandIn,
  type OpenAiRealtimeStandInOptions,
  startOpenAiRealtimeStandIn,
} from "../../src/simulation/stand-ins/openai-realtime-stand-in.ts";
import { until } from "../support/until.ts";

/** The adapter on one call to a stand-in; both live on the same manual clock, between them is a real socket. */
export class TranscriptionCall {
  readonly clock = new ManualClock();
  readonly events: string[] = [];
  /** Of each final that misses words: of how much audio, in ms. */
  readonly unheard: number[] = [];
  standIn!: OpenAiRealtimeStandIn;
  stream!: TranscriptionStream;

  static async open(
    options: Partial<OpenAiTranscriptionOptions> = {},
    standInOptions: Partial<OpenAiRealtimeStandInOptions> = {},
    prepare: (standIn: OpenAiRealtimeStandIn) => void = () => {},
    within: (adapter: SpeechToText, call: TranscriptionCall) => SpeechToText = (adapter) => adapter,
  ): Promise<TranscriptionCall> {
    const call = new TranscriptionCall();
    call.standIn = await startOpenAiRealtimeStandIn({
      clock: call.clock,
      transcript: () => "I would like to book a table.",
      ...standInOptions,
    });
    prepare(call.standIn);
    const adapter = openAiSpeechToText({
      apiKey: "test-key",
      clock: call.clock,
      baseUrl: `${call.standIn.origin}/v1`,
      random: () => 0.999,
      ...options,
    });
    call.stream = within(adapter, call).open({ language: "en-US" }, (event) => {
      if (event.type === "final" && event.unheard !== undefined) call.unheard.push(event.unheard);
      call.events.push(describe(event));
    });
    return call;
  }

  /** Ends both sides; fails when a timer or a socket is left. */
  async close(): Promise<void> {
    await this.stream.close();
    await this.standIn.close();
    if (this.clock.armed > 0) throw new Error(`${this.clock.armed} timers left armed`);
  }

  /** Pushes audio in telephone frames of 20 ms. */
  push(...audio: Uint8Array[]): void {
    for (const piece of audio) {
      for (let at = 0; at < piece.length; at += 160) this.stream.push(piece.subarray(at, at + 160));
    }
  }

  async comes(event: string, times = 1): Promise<void> {
    await until(
      () => this.events.filter((each) => each === event).length >= times,
      `${event} in ${this.events.join(", ")}`,
    );
  }

  /** The events of a kind, in order. */
  all(kind: string): string[] {
    return this.events.filter((event) => event === kind || event.startsWith(`${kind} `));
  }

  /** What the service was told, in order, on one connection; `append`, `commit` and so on. */
  received(connection = 1): string {
    return this.standIn.log
      .filter((entry) => entry.direction === "in" && entry.connection === connection)
      .map((entry) => entry.what.replace("input_audio_buffer.", ""))
      .join(", ");
  }

  /** How often the service was told so on a connection. */
  count(what: string, connection = 1): number {
    return this.standIn.log.filter(
      (entry) =>
        entry.connection === connection && entry.direction === "in" && entry.what.endsWith(`.${what}`),
    ).length;
  }

  /** Ms of audio that arrived on a connection; needs `logAudio`. */
  audio(connection = 1): number {
    return this.standIn.log
      .filter((entry) => entry.what === "input_audio_buffer.append" && entry.connection === connection)
      .reduce((sum, entry) => sum + Number.parseInt(entry.detail ?? "0", 10) / 8, 0);
  }

  /** Lets time pass in steps in which sockets can answer. */
  async pass(ms: number, step = 250): Promise<void> {
    const end = this.clock.now() + ms;
    while (this.clock.now() < end) {
      await this.clock.settleTo(Math.min(end, this.clock.now() + step));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Has the words that were asked for written down. */
  async final(text: string, times = 1, commits = times): Promise<void> {
    await until(() => this.standIn.log.filter(({ what }) => what.endsWith(".committed")).length >= commits);
    await this.pass(300);
    await this.comes(`final ${text}`, times);
  }
}

function describe(event: TranscriptEvent): string {
  if (event.type === "failed") return `failed ${event.error.code}`;
  return "text" in event ? `${event.type} ${event.text}` : event.type;
}

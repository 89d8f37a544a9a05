import { FRAME_BYTES, SILENCE } from "../../audio/audio-format.ts";
import type { TranscriptEvent, TranscriptionStream } from "../../pipeline/speech-to-text.ts";
import type { Cancel } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { CLOSE_STREAM } from "./close-stream.ts";
import { IdleWatch } from "./idle-watch.ts";
import { ListenConnection, type ListenConnectionOptions } from "./listen-connection.ts";
import { FINALIZE, KEEP_ALIVE, type ListenV1Message, parseListenV1 } from "./listen-v1-messages.ts";
import { UplinkBatcher } from "./uplink-batcher.ts";

/** The vendor closes (1011, NET-0001) after 10 s without audio or KeepAlive and advises one every 3 to 5 s. */
const KEEP_ALIVE_AFTER = 4_000;
const SILENT_FRAME = new Uint8Array(FRAME_BYTES).fill(SILENCE);

type Results = Extract<ListenV1Message, { type: "results" }>;

/**
 * One caller on `v1/listen` (nova). Each `is_final` result is a `final`; `speech_final` is the endpoint, and
 * where noise keeps it away, `UtteranceEnd` is. Endpoints of utterances without words are not told.
 */
export class ListenV1Stream implements TranscriptionStream {
  readonly #options: ListenConnectionOptions;
  readonly #connection: ListenConnection<ListenV1Message>;
  readonly #batcher: UplinkBatcher;
  readonly #idle: IdleWatch;
  #emit: (event: TranscriptEvent) => void;
  /** Words were given as final since the last endpoint. */
  #utteranceHasWords = false;
  #interim = "";
  /** Where the caller had paused at the last `finalize` that was not answered yet. */
  #finalizeAt: number | undefined;
  /** Where the audio ended before the last Finalize that was sent. */
  #askedAt = 0;
  /** Final results cover the audio before this position. */
  #coveredUntil = 0;
  #cancelAnswer: Cancel | undefined;

  /** @param batch see {@link UplinkBatcher}. @param emit must not throw. */
  constructor(options: ListenConnectionOptions, batch: number, emit: (event: TranscriptEvent) => void) {
    this.#options = options;
    this.#emit = emit;
    this.#batcher = new UplinkBatcher(batch);
    this.#idle = new IdleWatch(options.clock, KEEP_ALIVE_AFTER, () => this.#keepAlive());
    this.#connection = new ListenConnection(options, parseListenV1, {
      opened: () => this.#opened(),
      message: (message) => this.#received(message),
      lost: (error) => this.#lost(error),
    });
  }

  open(): void {
    this.#connection.open();
  }

  push(mulaw: Uint8Array): void {
    // An empty binary message would end the stream at the vendor.
    if (mulaw.length === 0) return;
    const loud = this.#connection.append(mulaw);
    if (this.#batcher.push(mulaw.length, loud)) this.#flush();
  }

  finalize(): void {
    this.#finalizeAt = this.#connection.end;
    if (!this.#connection.isOpen) return;
    this.#batcher.pauseDecided();
    this.#askForFinal(this.#finalizeAt);
  }

  /** Nova takes key terms only when it connects. */
  hint(): void {}

  close(): Promise<void> {
    this.#emit = () => {};
    this.#rest();
    return this.#connection.close(CLOSE_STREAM);
  }

  #opened(): void {
    this.#idle.start();
    if (this.#finalizeAt !== undefined) this.#askForFinal(this.#finalizeAt);
    this.#flush();
    this.#emit({ type: "ready" });
  }

  #received(message: ListenV1Message): void {
    if (message.type === "results") this.#results(message);
    else if (message.type === "utterance-end") this.#endpoint(this.#coveredUntil);
  }

  #results(results: Results): void {
    const { text, confidence } = results;
    if (!results.isFinal) {
      if (text === "") return;
      this.#interim = text;
      this.#emit({ type: "interim", text, confidence });
      return;
    }
    this.#interim = "";
    const position = this.#connection.positionOf(results.coveredSeconds);
    // The answer to a Finalize covers all that was sent before it, whatever its times say.
    this.#coveredUntil = results.fromFinalize ? Math.max(position, this.#askedAt) : position;
    this.#connection.confirm(this.#coveredUntil);
    if (results.fromFinalize || position >= (this.#finalizeAt ?? 0)) this.#answered();
    if (text !== "" || results.fromFinalize) {
      const through = this.#connection.callerTime(this.#coveredUntil);
      this.#emit({ type: "final", text, confidence, through });
    }
    if (text !== "") this.#utteranceHasWords = true;
    if (results.speechFinal) this.#endpoint(position);
  }

  /** Not told of a pause that the caller has long ended: it is heard late, after a loss. */
  #endpoint(position: number): void {
    this.#batcher.pauseDecided();
    if (!this.#utteranceHasWords || this.#connection.isPast(position)) return;
    this.#utteranceHasWords = false;
    this.#emit({ type: "endpoint", by: "silence" });
  }

  /** As soon as the audio before `position` was sent. */
  #askForFinal(position: number): void {
    this.#batcher.flushed();
    this.#idle.touch();
    this.#connection.afterSending(position, () => this.#sendFinalize(position));
  }

  #sendFinalize(position: number): void {
    this.#askedAt = position;
    this.#connection.control(FINALIZE);
    // Without outstanding words the vendor need not answer.
    if (this.#interim === "") return;
    this.#cancelAnswer?.();
    this.#cancelAnswer = this.#options.clock.after(this.#options.deadlines.answer, () => {
      this.#connection.fail(new GatewayError("PROVIDER_TIMEOUT", "Deepgram does not answer Finalize"));
    });
  }

  #answered(): void {
    this.#finalizeAt = undefined;
    this.#cancelAnswer?.();
  }

  #flush(): void {
    this.#batcher.flushed();
    this.#idle.touch();
    this.#connection.flush();
  }

  #keepAlive(): void {
    // KeepAlive alone may not hold a connection that never had audio.
    if (!this.#connection.fed) this.#connection.appendSilence(SILENT_FRAME);
    this.#flush();
    this.#connection.control(KEEP_ALIVE);
  }

  #lost(error: GatewayError): void {
    this.#rest();
    if (this.#interim === "") this.#connection.skipQuiet();
    this.#interim = "";
    this.#emit({ type: "failed", error });
  }

  #rest(): void {
    this.#idle.stop();
    this.#cancelAnswer?.();
  }
}

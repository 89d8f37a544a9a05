import { BYTES_PER_MS, durationOf } from "../../../audio/audio-format.ts";
import { EnergyGate } from "../../../audio/energy-gate.ts";
import { KeptAudio } from "../../../audio/kept-audio.ts";
import { withoutRepeatedWords } from "../../../pipeline/repeated-words.ts";
import type {
  TranscriptEvent,
  TranscriptionOptions,
  TranscriptionStream,
} from "../../../pipeline/speech-to-text.ts";
import type { GatewayError } from "../../../runtime/errors.ts";
import { Portions } from "../../../runtime/portions.ts";
import { RecogniserChoice, type RecogniserChoiceParts } from "./recogniser-choice.ts";

/** Audio kept for the next connection: 30 s. Older audio that no final words cover is lost to it, and counted. */
const MOST_KEPT = 30_000 * BYTES_PER_MS;
/** What has piled up goes to the next recogniser at ten times the speed of speech: 2 s at once, every 200 ms. */
const PORTION = 2_000 * BYTES_PER_MS;
const PORTION_EVERY = 200;
const LARGEST_PIECE = 200 * BYTES_PER_MS;
/** Final words of which nobody says what they cover are taken to be of audio given at least so long ago, in ms. */
const FINALS_LAG = 1_000;
/** Final words that come so close to the pause answer the request made there. */
const SLACK = 100 * BYTES_PER_MS;

type Final = Extract<TranscriptEvent, { type: "final" }>;

export interface FailoverTranscriptionParts
  extends Pick<RecogniserChoiceParts, "clock" | "random" | "providers" | "breakers" | "onFailure"> {
  readonly transcription: TranscriptionOptions;
  readonly listener: (event: TranscriptEvent) => void;
  /**
   * So much audio (ms) that no final words cover is not kept any more, and the one who heard it is gone or not yet
   * connected; or the last of the list has failed at it for good.
   */
  readonly onAudioLost: (ms: number) => void;
}

/**
 * One caller's stream, carried on when its recogniser is lost: {@link RecogniserChoice} says by whom. The next one is
 * given the hints in force, the audio that no final words cover, faster than it was spoken and live audio behind it,
 * and a `finalize` that was not answered, in its place. What it hears of the same words replaces the interim before;
 * words of finals are not given twice. `through` counts in the audio of the whole stream. What nobody hears is counted
 * here and nowhere else: recognisers keep audio for their own next connection, and never more of it.
 */
export class FailoverTranscription implements TranscriptionStream {
  readonly #parts: FailoverTranscriptionParts;
  readonly #choice: RecogniserChoice;
  readonly #audio = new KeptAudio(MOST_KEPT);
  readonly #gate = new EnergyGate();
  readonly #uplink: Portions;
  #stream: TranscriptionStream | undefined;
  /** Where the present recogniser's audio begins. */
  #base = 0;
  readonly #retired = new Set<Promise<unknown>>();
  #hints: readonly string[] = [];
  /** Where final words were asked for, and they have not come. */
  #finalizeAt: number | undefined;
  /** The present recogniser was not asked for them yet. */
  #unasked = false;
  /** Words were told after the last final. */
  #interim = false;
  /** An `eager-endpoint` was told and nothing after it. */
  #eager = false;
  /** Final words whose sound may be in the audio kept, each with where the audio ended when they came. */
  #uncertain: readonly { readonly text: string; readonly until: number }[] = [];
  /** Those of them that the present recogniser may hear once more. */
  #repeated = "";
  /** When the present recogniser was last given audio faster than it was spoken. */
  #caughtUpAt = 0;
  #over = false;
  #closing: Promise<void> | undefined;

  constructor(parts: FailoverTranscriptionParts) {
    this.#parts = parts;
    this.#uplink = new Portions(parts.clock, PORTION_EVERY, () => this.#giveDue());
    this.#choice = new RecogniserChoice({
      ...parts,
      open: (provider, listener) => provider.open(parts.transcription, listener),
      taken: (stream) => this.#take(stream),
      discarded: (stream) => this.#retire(stream),
      heard: (event) => this.#hear(event),
      left: () => this.#leave(),
      over: (error) => this.#end(error),
      owesWords: () => this.#owesWords,
    });
  }

  open(): void {
    this.#choice.begin();
  }

  push(mulaw: Uint8Array): void {
    if (this.#over) return;
    const upToDate = this.#audio.sent === this.#audio.end;
    const loud = this.#gate.feed(mulaw);
    this.#countingLost(() => {
      this.#audio.append(mulaw, loud);
      // What the recogniser keeps by itself until it is connected is no more than this.
      if (!this.#choice.isConnected) this.#audio.countOverwritten();
    });
    if (this.#stream === undefined) return;
    if (upToDate) this.#audio.skip();
    if (!loud && !this.#interim) this.#audio.skipQuiet();
    if (upToDate) this.#stream.push(mulaw);
    else this.#uplink.run();
  }

  finalize(): void {
    if (this.#over) return;
    this.#finalizeAt = this.#audio.end;
    this.#unasked = true;
    this.#askIfDue();
  }

  hint(phrases: readonly string[]): void {
    this.#hints = [...phrases];
    this.#stream?.hint(phrases);
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  /** The next recogniser listens. Any of the steps may make it fail, and so change the stream, before it returns. */
  #take(stream: TranscriptionStream): void {
    this.#stream = stream;
    if (!this.#interim) this.#audio.skipQuiet(true);
    this.#base = this.#audio.sent;
    this.#repeated = this.#uncertain.map(({ text }) => text).join(" ");
    this.#caughtUpAt = this.#parts.clock.now();
    this.#unasked = this.#finalizeAt !== undefined;
    if (this.#hints.length > 0) stream.hint(this.#hints);
    if (this.#stream === stream) this.#uplink.run();
  }

  /** Answers whether there is more to give. */
  #giveDue(): boolean {
    const until = this.#audio.sent + PORTION;
    this.#caughtUpAt = this.#parts.clock.now();
    if (this.#unasked) this.#give(Math.min(until, this.#finalizeAt ?? until));
    this.#askIfDue();
    this.#give(until);
    return this.#stream !== undefined && this.#audio.sent < this.#audio.end;
  }

  #give(until: number): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#audio.drain(LARGEST_PIECE, until, (mulaw) => {
      stream.push(mulaw);
      return this.#stream === stream;
    });
  }

  #askIfDue(): void {
    if (!this.#unasked || this.#stream === undefined || this.#audio.sent < (this.#finalizeAt ?? 0)) return;
    this.#unasked = false;
    this.#stream.finalize();
  }

  #hear(event: TranscriptEvent): void {
    if (event.type === "eager-endpoint") this.#eager = true;
    if (event.type === "resumed" || event.type === "endpoint") this.#eager = false;
    if (event.type === "final") return this.#final(event);
    if (event.type !== "interim" || this.#repeated === "") {
      if (event.type === "interim" && event.text !== "") this.#interim = true;
      return this.#parts.listener(event);
    }
    const text = withoutRepeatedWords(this.#repeated, event.text).rest;
    if (text === "") return;
    this.#interim = true;
    this.#parts.listener({ ...event, text });
  }

  #final(event: Final): void {
    // While it fails that is a way of giving up, not an answer.
    if (event.text === "" && this.#choice.isFailing) return;
    const covered =
      event.through === undefined ? undefined : this.#base + Math.round(event.through * BYTES_PER_MS);
    const { rest: text, left } = withoutRepeatedWords(this.#repeated, event.text);
    if (event.text !== "") this.#repeated = left;
    this.#interim = false;
    const { unheard } = event;
    if (covered === undefined || unheard === undefined) this.#audio.confirm(covered ?? this.#surelyCovered);
    else this.#countingLost(() => this.#audio.forfeit(covered - unheard * BYTES_PER_MS, covered));
    const { confirmed, sent } = this.#audio;
    this.#uncertain = this.#uncertain.filter(({ until }) => until > confirmed);
    if (covered === undefined && text !== "") this.#uncertain = [...this.#uncertain, { text, until: sent }];
    const asked = this.#finalizeAt;
    if (asked !== undefined && (covered ?? asked) >= asked - SLACK) {
      this.#finalizeAt = undefined;
      this.#unasked = false;
    } else if (text === "") return;
    const { type, confidence } = event;
    const through = covered === undefined ? undefined : durationOf(Math.min(covered, this.#audio.end));
    this.#parts.listener({ type, text, confidence, ...(through !== undefined && { through }) });
  }

  /** Whether there was sound after the last final words. */
  get #owesWords(): boolean {
    const { confirmed, loudUntil } = this.#audio;
    return loudUntil > Math.max(confirmed, this.#uncertain.at(-1)?.until ?? 0);
  }

  /** Before here lies the audio of final words that come now and do not say it. */
  get #surelyCovered(): number {
    const live = this.#parts.clock.now() - this.#caughtUpAt >= FINALS_LAG;
    return live ? this.#audio.sent - FINALS_LAG * BYTES_PER_MS : 0;
  }

  /** The recogniser is lost: all that no final words cover is to be given to the next one. */
  #leave(): void {
    this.#uplink.stop();
    if (this.#stream !== undefined) this.#retire(this.#stream);
    this.#stream = undefined;
    this.#countingLost(() => this.#audio.rewind());
    if (!this.#eager) return;
    this.#eager = false;
    this.#parts.listener({ type: "resumed" });
  }

  #end(error: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.#parts.listener({ type: "failed", error });
  }

  /** Closed after the present event, which may come from the middle of the stream's own work. */
  #retire(stream: TranscriptionStream): void {
    const closed = Promise.allSettled([Promise.resolve().then(() => stream.close())]);
    this.#retired.add(closed);
    void closed.then(() => this.#retired.delete(closed));
  }

  #countingLost(change: () => void): void {
    const { dropped } = this.#audio;
    change();
    if (this.#audio.dropped > dropped) this.#parts.onAudioLost(durationOf(this.#audio.dropped - dropped));
  }

  async #shutDown(): Promise<void> {
    this.#over = true;
    this.#choice.end();
    this.#uplink.stop();
    const stream = this.#stream;
    this.#stream = undefined;
    await Promise.all([stream?.close(), ...this.#retired]);
  }
}

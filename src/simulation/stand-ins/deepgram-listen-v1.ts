import type { Cancel } from "../../runtime/clock.ts";
import { describeResults, type ResultFlags, resultsMessage } from "./deepgram-results.ts";
import type { DeepgramSession, DeepgramSessionContext } from "./deepgram-session.ts";
import { DeepgramSpeech } from "./deepgram-speech.ts";
import { readsAudio, transcriptOf, unpunctuated, wordsAfter } from "./deepgram-transcript.ts";

/** The vendor's default: practically every breath. */
const DEFAULT_ENDPOINTING = 10;
const DEFAULT_INTERIM_EVERY = 500;
/** Silence after which the words so far are all that were said. */
const WORDS_COMPLETE_AFTER = 40;
/** Silence is confirmed with an empty final about so often. */
const EMPTY_EVERY = 5_000;

/** A decided utterance whose final is still to be sent. */
interface Decided {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly lastLoudAt: number;
}

/** `v1/listen`: hears real audio in real time and "understands" the scripted words. */
export class DeepgramListenV1 implements DeepgramSession {
  readonly #context: DeepgramSessionContext;
  readonly #speech: DeepgramSpeech;
  readonly #endpointing: number;
  readonly #utteranceEnd: number;
  readonly #interimEvery: number;
  #utterance = 0;
  #nextInterim = 0;
  /** Audio before this is covered by finals, in ms. */
  #covered = 0;
  #lastLoudAt = 0;
  #owesUtteranceEnd = false;
  #decided: Decided | undefined;
  #cancelFinal: Cancel | undefined;

  constructor(context: DeepgramSessionContext) {
    const { query, behaviour } = context;
    const asked = query.get("endpointing");
    this.#context = context;
    this.#speech = new DeepgramSpeech(readsAudio(behaviour.transcript));
    this.#endpointing =
      asked === "false" ? Infinity : (behaviour.endpointDelay ?? Number(asked ?? DEFAULT_ENDPOINTING));
    this.#utteranceEnd = Number(query.get("utterance_end_ms") ?? Infinity);
    this.#interimEvery =
      query.get("interim_results") === "true" ? (behaviour.interimEvery ?? DEFAULT_INTERIM_EVERY) : Infinity;
  }

  audio(mulaw: Uint8Array): void {
    if (mulaw.length === 0) this.#finish();
    else this.#speech.feed(mulaw, (loud, began) => this.#step(loud, began));
  }

  control(message: { readonly type?: unknown }): void {
    if (message.type === "Finalize") this.#finalize();
    else if (message.type === "CloseStream") this.#finish();
  }

  end(): void {
    this.#cancelFinal?.();
  }

  #step(loud: boolean, began: boolean): void {
    const speech = this.#speech;
    if (loud) this.#lastLoudAt = this.#context.clock.now();
    if (began) {
      this.#sendFinal({});
      this.#utterance++;
      this.#nextInterim = speech.position + this.#interimEvery;
      if (this.#context.query.get("vad_events") === "true") {
        this.#context.send({ type: "SpeechStarted", channel: [0], timestamp: speech.position / 1000 });
      }
    }
    if (speech.startedAt !== undefined) {
      if (speech.quietFor >= this.#endpointing) this.#decide();
      else if (speech.position >= this.#nextInterim) this.#interim();
    } else if (this.#owesUtteranceEnd && speech.quietFor >= this.#utteranceEnd) {
      this.#owesUtteranceEnd = false;
      this.#context.send({
        type: "UtteranceEnd",
        channel: [0, 1],
        last_word_end: speech.lastLoudAt / 1000,
      });
    } else if (this.#decided === undefined && speech.position - this.#covered >= EMPTY_EVERY) {
      this.#results("", speech.position, { is_final: true });
    }
  }

  #interim(): void {
    this.#nextInterim += this.#interimEvery;
    this.#results(this.#understood(), this.#speech.position, {});
  }

  /** The words understood so far of the utterance under way. */
  #understood(): string {
    const { startedAt = 0, lastLoudAt, quietFor } = this.#speech;
    const text = this.#text();
    return quietFor >= WORDS_COMPLETE_AFTER ? text : wordsAfter(text, lastLoudAt - startedAt);
  }

  #text(): string {
    const { behaviour, connection, query } = this.#context;
    const text = transcriptOf(behaviour.transcript, this.#utterance, connection, () => this.#speech.audio);
    const marks = query.get("punctuate") === "true" || query.get("smart_format") === "true";
    return marks ? text : unpunctuated(text);
  }

  #decide(): void {
    const { startedAt = 0, position } = this.#speech;
    const { clock, behaviour } = this.#context;
    this.#decided = {
      text: this.#understood(),
      from: startedAt,
      to: position,
      at: clock.now(),
      lastLoudAt: this.#lastLoudAt,
    };
    this.#speech.end();
    this.#cancelFinal = clock.after(behaviour.finalDelay, () => this.#sendFinal({ speech_final: true }));
  }

  /** Sends what was decided, if anything; answers whether. */
  #sendFinal(flags: { speech_final?: boolean; from_finalize?: boolean }): boolean {
    const decided = this.#decided;
    if (decided === undefined) return false;
    this.#cancelFinal?.();
    this.#decided = undefined;
    this.#owesUtteranceEnd = decided.text !== "";
    const { clock, connection } = this.#context;
    this.#results(decided.text, decided.to, { is_final: true, speech_final: true, ...flags }, decided.from);
    const { text, lastLoudAt, at: decidedAt } = decided;
    const utterance = this.#utterance;
    this.#context.spoken({ connection, utterance, text, lastLoudAt, decidedAt, sentAt: clock.now() });
    return true;
  }

  #finalize(): void {
    const flags = { from_finalize: true };
    if (this.#speech.startedAt !== undefined) {
      this.#decide();
      this.#sendFinal({ ...flags, speech_final: false });
    } else if (!this.#sendFinal(flags)) {
      this.#results("", this.#speech.position, { is_final: true, ...flags });
    }
  }

  #finish(): void {
    if (this.#speech.startedAt !== undefined) this.#decide();
    this.#sendFinal({});
    const { requestId, send, close } = this.#context;
    send({
      type: "Metadata",
      transaction_key: "deprecated",
      request_id: requestId,
      sha256: "0".repeat(64),
      created: new Date(this.#context.clock.wall()).toISOString(),
      duration: this.#speech.position / 1000,
      channels: 1,
    });
    close(1000);
  }

  #results(text: string, to: number, flags: ResultFlags, from = this.#speech.startedAt ?? to): void {
    const start = this.#covered;
    if (flags.is_final) this.#covered = to;
    const { requestId, send } = this.#context;
    send(resultsMessage({ requestId, text, start, from, to, flags }), describeResults(text, flags));
  }
}

import type { Cancel } from "../../runtime/clock.ts";
import type { DeepgramSession, DeepgramSessionContext } from "./deepgram-session.ts";
import { DeepgramSpeech } from "./deepgram-speech.ts";
import { readsAudio, transcriptOf, wordsAfter, wordTimes } from "./deepgram-transcript.ts";

const DEFAULT_ENDPOINT_DELAY = 300;
const DEFAULT_UPDATE_EVERY = 250;
const DEFAULT_EOT_TIMEOUT = 5_000;
const CONFIDENCE = 0.97;

interface TurnEnd {
  readonly text: string;
  readonly trigger: "model" | "manual" | "timeout";
  readonly decidedAt: number;
}

/** `v2/listen` (Flux): the same ear as v1, told as turns. */
export class DeepgramListenV2 implements DeepgramSession {
  readonly #context: DeepgramSessionContext;
  readonly #speech: DeepgramSpeech;
  readonly #eagerDelay: number;
  readonly #endDelay: number;
  readonly #endTrigger: "model" | "timeout";
  readonly #updateEvery: number;
  #sequence = 0;
  #turn = 0;
  #turnStart = 0;
  #nextUpdate = 0;
  #eager = false;
  #lastLoudAt = 0;
  #ending: TurnEnd | undefined;
  #cancelEnd: Cancel | undefined;

  constructor(context: DeepgramSessionContext) {
    const { query, behaviour } = context;
    this.#context = context;
    this.#speech = new DeepgramSpeech(readsAudio(behaviour.transcript));
    const delay = behaviour.endpointDelay ?? DEFAULT_ENDPOINT_DELAY;
    // A threshold of 1 means no natural end of turn.
    const natural = query.get("eot_threshold") === "1" ? Infinity : delay;
    const timeout = Number(query.get("eot_timeout_ms") ?? DEFAULT_EOT_TIMEOUT);
    this.#endDelay = Math.min(natural, timeout);
    this.#endTrigger = natural <= timeout ? "model" : "timeout";
    this.#eagerDelay = query.has("eager_eot_threshold") ? delay / 2 : Infinity;
    this.#updateEvery = behaviour.interimEvery ?? DEFAULT_UPDATE_EVERY;
    this.#send("Connected", {});
  }

  audio(mulaw: Uint8Array): void {
    if (mulaw.length === 0) this.#context.close();
    else this.#speech.feed(mulaw, (loud, began) => this.#step(loud, began));
  }

  control(message: { readonly type?: unknown; readonly [field: string]: unknown }): void {
    if (message.type === "Configure") {
      this.#send("ConfigureSuccess", {
        thresholds: message.thresholds ?? {},
        keyterms: message.keyterms ?? [],
      });
    } else if (message.type === "ForceEndTurn" && this.#context.behaviour.forceEndTurn) {
      this.#force();
    } else if (message.type === "CloseStream") {
      this.#context.close();
    } else {
      this.#send("Error", {
        code: "UNPARSABLE_CLIENT_MESSAGE",
        description: `No such message: ${String(message.type)}`,
      });
      this.#context.close(1008);
    }
  }

  end(): void {
    this.#cancelEnd?.();
  }

  #step(loud: boolean, began: boolean): void {
    const speech = this.#speech;
    if (loud) this.#lastLoudAt = this.#context.clock.now();
    if (began) this.#begin();
    if (speech.startedAt !== undefined) {
      if (loud && this.#eager) {
        this.#eager = false;
        this.#turnInfo("TurnResumed", this.#understood());
      }
      if (speech.quietFor >= this.#endDelay) return this.#decide();
      if (speech.quietFor >= this.#eagerDelay && !this.#eager) {
        this.#eager = true;
        this.#turnInfo("EagerEndOfTurn", this.#text());
      }
    }
    if (speech.position >= this.#nextUpdate && this.#ending === undefined) {
      this.#nextUpdate = speech.position + this.#updateEvery;
      this.#turnInfo("Update", speech.startedAt === undefined ? "" : this.#understood());
    }
  }

  #begin(): void {
    this.#sendEnd();
    this.#turnInfo("StartOfTurn", this.#understood());
    this.#nextUpdate = this.#speech.position + this.#updateEvery;
  }

  #decide(): void {
    this.#ending = {
      text: this.#text(),
      trigger: this.#endTrigger,
      decidedAt: this.#context.clock.now(),
    };
    this.#speech.end();
    this.#cancelEnd = this.#context.clock.after(this.#context.behaviour.finalDelay, () => this.#sendEnd());
  }

  #force(): void {
    if (this.#speech.startedAt !== undefined) {
      this.#ending = {
        text: this.#understood(),
        trigger: "manual",
        decidedAt: this.#context.clock.now(),
      };
      this.#speech.end();
    }
    this.#sendEnd();
  }

  #sendEnd(): void {
    const ending = this.#ending;
    if (ending === undefined) return;
    this.#cancelEnd?.();
    this.#ending = undefined;
    this.#eager = false;
    const { text, trigger, decidedAt } = ending;
    this.#turnInfo("EndOfTurn", text, { trigger });
    const { connection, clock } = this.#context;
    const lastLoudAt = this.#lastLoudAt;
    this.#turn++;
    this.#turnStart = this.#speech.position;
    this.#context.spoken({
      connection,
      utterance: this.#turn,
      text,
      lastLoudAt,
      decidedAt,
      sentAt: clock.now(),
    });
  }

  #text(): string {
    const { behaviour, connection } = this.#context;
    return transcriptOf(behaviour.transcript, this.#turn + 1, connection, () => this.#speech.audio);
  }

  /** The words understood so far; all of them once a silence makes the end of the turn thinkable. */
  #understood(): string {
    const { startedAt = 0, lastLoudAt, quietFor } = this.#speech;
    return quietFor >= 40 ? this.#text() : wordsAfter(this.#text(), lastLoudAt - startedAt);
  }

  #turnInfo(event: string, text: string, more: { readonly trigger?: string } = {}): void {
    const { position, startedAt = position, lastLoudAt } = this.#speech;
    this.#send(
      "TurnInfo",
      {
        event,
        turn_index: this.#turn,
        audio_window_start: this.#turnStart / 1000,
        audio_window_end: position / 1000,
        transcript: text,
        words: wordTimes(text, startedAt, lastLoudAt, CONFIDENCE).map(
          ({ punctuated_word, start, end, confidence }) => ({
            word: punctuated_word,
            start,
            end,
            confidence,
          }),
        ),
        end_of_turn_confidence: event === "EndOfTurn" ? 0.9 : event === "EagerEndOfTurn" ? 0.6 : 0.1,
        ...more,
      },
      `${event} ${JSON.stringify(text)}`,
    );
  }

  #send(type: string, fields: object, detail?: string): void {
    const sequence = this.#sequence++;
    this.#context.send(
      { type, request_id: this.#context.requestId, sequence_id: sequence, ...fields },
      detail,
    );
  }
}

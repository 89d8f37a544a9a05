import { BYTES_PER_MS, SILENCE } from "../../audio/audio-format.ts";
import type { TranscriptEvent, TranscriptionStream } from "../../pipeline/speech-to-text.ts";
import type { Cancel } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { CLOSE_STREAM } from "./close-stream.ts";
import { protocolError } from "./deepgram-errors.ts";
import { IdleWatch } from "./idle-watch.ts";
import { ListenConnection, type ListenConnectionOptions } from "./listen-connection.ts";
import {
  configureKeyterms,
  FORCE_END_TURN,
  type ListenV2Message,
  parseListenV2,
} from "./listen-v2-messages.ts";

/** The vendor strongly recommends messages of 80 ms (Flux quickstart): the model steps in them. */
const CHUNK_BYTES = 80 * BYTES_PER_MS;
/** A turn cannot end while no audio arrives, and there is no KeepAlive: a gap is filled with silence. */
const GAP = 500;
const NO_KEYTERMS = configureKeyterms([]);
const SILENT_GAP = new Uint8Array(GAP * BYTES_PER_MS).fill(SILENCE);

/** The end of a turn covers a pause so far ahead of it: what the vendor names may lag behind what it heard. */
const WITHIN_REACH = 1_000 * BYTES_PER_MS;
/** Audio that may already hold speech although the vendor reports no words yet: 1 s. */
const UNHEARD_BYTES = 1_000 * BYTES_PER_MS;

/** What is known of the deployment, shared by all its streams. */
export interface FluxFeatures {
  /** Servers without `ForceEndTurn` close with `UNPARSABLE_CLIENT_MESSAGE` (the vendor SDK's note on it). */
  forceEndTurn: boolean;
}

type TurnInfo = Extract<ListenV2Message, { type: "turn" }>;

/** One caller on `v2/listen` (Flux): the vendor itself decides when a turn is over. */
export class ListenV2Stream implements TranscriptionStream {
  readonly #options: ListenConnectionOptions;
  readonly #features: FluxFeatures;
  readonly #connection: ListenConnection<ListenV2Message>;
  readonly #idle: IdleWatch;
  #emit: (event: TranscriptEvent) => void;
  #held = 0;
  /** Words of the turn under way. */
  #words: { readonly text: string; readonly confidence: number; readonly position: number } | undefined;
  #eager = false;
  #configure: string | undefined;
  /** The caller had paused at this position: the turn is to end there, as soon as it has words. */
  #endAt: number | undefined;
  /** The end of the turn was demanded and has not come. */
  #forced = false;
  #cancelAnswer: Cancel | undefined;

  /** @param emit must not throw. */
  constructor(
    options: ListenConnectionOptions,
    features: FluxFeatures,
    emit: (event: TranscriptEvent) => void,
  ) {
    this.#options = options;
    this.#features = features;
    this.#emit = emit;
    this.#idle = new IdleWatch(options.clock, GAP, () => this.#sendSilence());
    this.#connection = new ListenConnection(options, parseListenV2, {
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
    this.#idle.touch();
    if (this.#connection.append(mulaw)) this.#goesOn();
    this.#held += mulaw.length;
    if (this.#held >= CHUNK_BYTES) this.#flush();
  }

  finalize(): void {
    this.#endAt = this.#connection.end;
    this.#flush();
    if (this.#words !== undefined) this.#endTurn();
  }

  hint(phrases: readonly string[]): void {
    const message = configureKeyterms(phrases);
    if (message === (this.#configure ?? NO_KEYTERMS)) return;
    this.#configure = message;
    this.#connection.control(message);
  }

  close(): Promise<void> {
    this.#emit = () => {};
    this.#rest();
    return this.#connection.close(CLOSE_STREAM);
  }

  #opened(): void {
    this.#idle.start();
    if (this.#configure !== undefined) this.#connection.control(this.#configure);
    this.#flush();
  }

  #received(message: ListenV2Message): void {
    if (message.type === "turn") this.#turn(message);
    else if (message.type === "connected") this.#emit({ type: "ready" });
    else if (message.type === "error") this.#refused(message.code, message.description);
  }

  #turn(turn: TurnInfo): void {
    const { text, confidence } = turn;
    if (turn.event === "EndOfTurn") {
      this.#ended(turn);
      return;
    }
    if (turn.event === "TurnResumed" && this.#eager) {
      this.#eager = false;
      this.#emit({ type: "resumed" });
    }
    const position = this.#connection.positionOf(turn.coveredSeconds);
    if (text === "") {
      // Silence needs no second hearing, except for what may be the beginning of a word.
      this.#connection.confirm(position - UNHEARD_BYTES);
      return;
    }
    const changed = text !== this.#words?.text;
    this.#words = { text, confidence, position };
    if (turn.event === "EagerEndOfTurn") {
      this.#eager = true;
      this.#emit({ type: "eager-endpoint", text });
    } else if (changed) {
      this.#emit({ type: "interim", text, confidence });
    }
    this.#endTurn();
  }

  #ended({ text, confidence, coveredSeconds }: TurnInfo): void {
    const position = this.#connection.positionOf(coveredSeconds);
    if (this.#endAt !== undefined && this.#endAt - position < WITHIN_REACH) this.#endAt = undefined;
    this.#words = undefined;
    this.#eager = false;
    this.#forced = false;
    this.#cancelAnswer?.();
    this.#connection.confirm(position);
    if (text === "") return;
    this.#emit({ type: "final", text, confidence, through: this.#connection.callerTime(position) });
    // A turn that the caller has long gone on from was heard late, after a loss.
    if (!this.#connection.isPast(position)) this.#emit({ type: "endpoint", by: "turn" });
  }

  /** The caller speaks on after all. */
  #goesOn(): void {
    this.#endAt = undefined;
    // Silence ahead of time that did not end the turn.
    if (!this.#features.forceEndTurn) this.#forced = false;
  }

  /**
   * Ends the turn if that is wanted, once the vendor was given all audio before the pause: it takes things in order.
   * Without `ForceEndTurn`, silence ahead of time brings the model to the end of the turn.
   */
  #endTurn(): void {
    if (this.#endAt === undefined || this.#forced || !this.#connection.hasSent(this.#endAt)) return;
    this.#forced = true;
    if (!this.#features.forceEndTurn) {
      this.#sendSilence();
      return;
    }
    this.#connection.control(FORCE_END_TURN);
    this.#cancelAnswer?.();
    this.#cancelAnswer = this.#options.clock.after(this.#options.deadlines.answer, () => {
      this.#connection.fail(new GatewayError("PROVIDER_TIMEOUT", "Deepgram does not answer ForceEndTurn"));
    });
  }

  #refused(code: string, description: string): void {
    if (code === "UNPARSABLE_CLIENT_MESSAGE" && this.#forced) this.#features.forceEndTurn = false;
    this.#connection.fail(protocolError(`${code}: ${description}`));
  }

  #flush(): void {
    this.#held = 0;
    this.#connection.flush();
  }

  #sendSilence(): void {
    this.#connection.appendSilence(SILENT_GAP);
    this.#flush();
  }

  #lost(error: GatewayError): void {
    this.#rest();
    if (this.#eager) this.#emit({ type: "resumed" });
    if (this.#words === undefined) this.#connection.skipQuiet();
    // The turn's audio is sent again; where its beginning is gone, the words heard so far stand.
    if (this.#words !== undefined && this.#connection.overwritten) {
      const { text, confidence, position } = this.#words;
      this.#connection.confirm(position);
      this.#emit({ type: "final", text, confidence, through: this.#connection.callerTime(position) });
    }
    this.#words = undefined;
    this.#eager = false;
    this.#forced = false;
    this.#emit({ type: "failed", error });
  }

  #rest(): void {
    this.#idle.stop();
    this.#cancelAnswer?.();
  }
}

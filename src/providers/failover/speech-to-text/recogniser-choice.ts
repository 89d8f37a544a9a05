import type { SpeechToText, TranscriptEvent, TranscriptionStream } from "../../../pipeline/speech-to-text.ts";
import { backoffDelay } from "../../../runtime/backoff.ts";
import type { Cancel, Clock } from "../../../runtime/clock.ts";
import { GatewayError } from "../../../runtime/errors.ts";
import type { FailoverOptions } from "../failover-options.ts";

/**
 * A recogniser that tries again by itself has so long to come back, in ms: enough for a first retry and its
 * handshakes, and with as much again for the words there are less than 1.5 s between a failure and them.
 */
const GRACE = 750;
/** A failure so soon after another one, in ms, and without words between them, is one too many. */
const IN_A_ROW = 10_000;
/** When all have failed, the list is begun again after 0.25 to 0.5 s, at first, up to 2 to 4 s. */
const BEGIN_AGAIN = { first: 500, max: 4_000 };
/** How long nobody may hear the caller, in ms, before the stream is over. */
const LONGEST_LOSS = 15_000;
/** A connection that has stood so long, in ms, owed no words: it would have let a deadline pass before. */
const STOOD = 10_000;

export interface RecogniserChoiceParts extends FailoverOptions {
  readonly clock: Clock;
  /** In [0, 1), for the backoff. */
  readonly random: () => number;
  /** In failover order; at least one. */
  readonly providers: readonly SpeechToText[];
  readonly open: (provider: SpeechToText, listener: (event: TranscriptEvent) => void) => TranscriptionStream;
  /** This stream listens from now on. */
  readonly taken: (stream: TranscriptionStream) => void;
  /** This one failed before it was taken, and is to be closed. */
  readonly discarded: (stream: TranscriptionStream) => void;
  /** What the stream taken tells, its recoverable failures included when nobody else can take over. */
  readonly heard: (event: TranscriptEvent) => void;
  /** The stream taken is lost; another one follows, or `over`. */
  readonly left: () => void;
  readonly over: (error: GatewayError) => void;
  /** Whether the caller has made a sound that nobody was shown to have heard. */
  readonly owesWords: () => boolean;
}

/**
 * Who of a list of recognisers listens to a caller. The first whose breaker admits it (the last, whatever its breaker
 * says); the next one when it says that it is over, has let a deadline pass, fails twice in a row, gives up the words of
 * some audio (`unheard`), or has failed and shown neither `ready` nor words for 750 ms. After the last one the list is
 * begun again, with backoff, until nobody has heard the caller for 15 s; but the last one keeps listening after audio
 * that it gave up.
 *
 * A connection proves nothing but itself: `ready` ends those 750 ms, and the 15 s only if no words are owed. It hears
 * who gives words, or answers a request for them. Breakers are told of every failure, and of the first such proof after
 * opening or failing; of a stream that ends without either, nothing.
 */
export class RecogniserChoice {
  readonly #parts: RecogniserChoiceParts;
  /** Counts the streams opened; events of former ones are late. -1: ended. */
  #turn = 0;
  #provider = 0;
  /** The present recogniser has failed and neither connected nor given words since. */
  #failing = false;
  /** It has shown a sign of life since it was opened, and since it last failed. */
  #praised = false;
  #wordsSinceFailure = true;
  #failedAt = 0;
  /** When the present recogniser connected; unset: it has not told. */
  #readyAt: number | undefined;
  #cancelGrace: Cancel | undefined;
  #cancelOpening: Cancel | undefined;
  #cancelLoss: Cancel | undefined;
  #lastChance = false;
  /** How often the list was begun again in the present loss. */
  #begunAgain = 0;
  #interrupted = false;

  constructor(parts: RecogniserChoiceParts) {
    this.#parts = parts;
  }

  get isFailing(): boolean {
    return this.#failing;
  }

  /** Whether the present recogniser has connected or given words since it was opened, and since it last failed. */
  get isConnected(): boolean {
    return this.#readyAt !== undefined || this.#praised;
  }

  begin(): void {
    this.#use(this.#choose(0));
  }

  /** Nothing is told any more. */
  end(): void {
    this.#turn = -1;
    this.#cancelGrace?.();
    this.#cancelOpening?.();
    this.#cancelLoss?.();
  }

  get #name(): string {
    return (this.#parts.providers[this.#provider] as SpeechToText).name;
  }

  get #isLast(): boolean {
    return this.#provider === this.#parts.providers.length - 1;
  }

  /** The first from `from` on that is worth asking. */
  #choose(from: number): number {
    const { providers, breakers } = this.#parts;
    const last = providers.length - 1;
    let index = from;
    // The last is told of, too: what comes of it may be its breaker's trial.
    while (!breakers.admits((providers[index] as SpeechToText).name) && index < last) index++;
    return index;
  }

  #use(provider: number): void {
    const { providers, open, taken, discarded } = this.#parts;
    const turn = ++this.#turn;
    this.#provider = provider;
    this.#failing = false;
    this.#praised = false;
    this.#wordsSinceFailure = true;
    this.#readyAt = undefined;
    const stream = open(providers[provider] as SpeechToText, (event) => {
      if (this.#turn === turn) this.#hear(event);
    });
    if (this.#turn === turn) taken(stream);
    else discarded(stream);
  }

  #hear(event: TranscriptEvent): void {
    if (event.type === "failed") return this.#failed(event.error);
    if (event.type === "final" && event.unheard !== undefined && !this.#isLast) {
      return this.#failed(
        new GatewayError("PROVIDER_REFUSED", `${this.#name} gives no words of some speech`),
      );
    }
    if (this.#isProof(event)) this.#hears();
    else if (event.type === "ready") this.#connected();
    this.#parts.heard(event);
  }

  /** Words, or an answer that says what it covers; while it fails that is a way of giving up. */
  #isProof(event: TranscriptEvent): boolean {
    if (!("text" in event)) return false;
    if (event.text !== "") return true;
    if (event.type !== "final" || event.unheard !== undefined) return false;
    return event.through !== undefined && !this.#failing;
  }

  #hears(): void {
    this.#wordsSinceFailure = true;
    this.#isBack();
    this.#endLoss();
    if (this.#praised) return;
    this.#praised = true;
    this.#parts.breakers.tell(this.#name, "succeeded");
  }

  #connected(): void {
    this.#readyAt = this.#parts.clock.now();
    this.#isBack();
    if (!this.#parts.owesWords()) this.#endLoss();
  }

  #isBack(): void {
    this.#failing = false;
    this.#interrupted = false;
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
  }

  /** Nobody waits to be heard any more. */
  #endLoss(): void {
    this.#cancelLoss?.();
    this.#cancelLoss = undefined;
    this.#lastChance = false;
    this.#begunAgain = 0;
  }

  #failed(error: GatewayError): void {
    const { clock, breakers, onFailure, heard, providers } = this.#parts;
    const now = clock.now();
    if (this.#readyAt !== undefined && now - this.#readyAt >= STOOD) this.#endLoss();
    this.#readyAt = undefined;
    const inARow = this.#failing || (!this.#wordsSinceFailure && now - this.#failedAt < IN_A_ROW);
    this.#failing = true;
    this.#praised = false;
    this.#wordsSinceFailure = false;
    this.#failedAt = now;
    breakers.tell(this.#name, "failed");
    this.#cancelLoss ??= clock.after(LONGEST_LOSS, () => this.#lostForLong(error));
    if (this.#lastChance) return this.#giveUp(error);
    if (providers.length === 1 && error.retryable) return heard({ type: "failed", error });
    onFailure(this.#name, error);
    this.#tellInterruption();
    if (this.#turn < 0) return;
    // Who has let a deadline pass has kept the caller waiting long enough.
    const tooSlow = error.code === "PROVIDER_TIMEOUT" && !this.#isLast;
    if (inARow || tooSlow || !error.retryable) this.#moveOn();
    else this.#cancelGrace ??= clock.after(GRACE, () => this.#moveOn());
  }

  #tellInterruption(): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    this.#parts.heard({ type: "interrupted" });
  }

  #moveOn(): void {
    const wasLast = this.#isLast;
    const next = this.#leave();
    if (this.#turn !== next) return;
    if (!wasLast) return this.#use(this.#choose(this.#provider + 1));
    const { clock, random } = this.#parts;
    const delay = backoffDelay(BEGIN_AGAIN, this.#begunAgain++, random());
    this.#cancelOpening = clock.after(delay, () => this.#use(this.#choose(0)));
  }

  /** Answers the turn number that holds unless something has happened meanwhile. */
  #leave(): number {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
    const turn = ++this.#turn;
    this.#parts.left();
    return turn;
  }

  /** One that was opened and has not failed gets its chance. */
  #lostForLong(error: GatewayError): void {
    if (this.#failing) this.#giveUp(error);
    else this.#lastChance = true;
  }

  #giveUp(cause: GatewayError): void {
    this.#leave();
    this.end();
    const seconds = LONGEST_LOSS / 1_000;
    this.#parts.over(
      new GatewayError("PROVIDER_REFUSED", `No recogniser has heard the caller for ${seconds} s`, { cause }),
    );
  }
}

import type { LanguageModel, ReplyPart, ReplyRequest } from "../../../pipeline/language-model.ts";
import type { Cancel, Clock } from "../../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../../runtime/errors.ts";

export interface ModelAttemptOptions {
  readonly clock: Clock;
  readonly provider: LanguageModel;
  readonly request: ReplyRequest;
  /** From the request to the first word or sign of a tool call, in ms. */
  readonly firstToken: number;
  /** Between two signs of life after that, in ms. */
  readonly betweenTokens: number;
}

/**
 * One model asked once, within deadlines. The time that the user of its parts takes does not count. `begin` comes
 * first, then `parts` or `cancel`.
 */
export class ModelAttempt {
  readonly provider: LanguageModel;
  readonly #options: ModelAttemptOptions;
  readonly #broken = new AbortController();
  readonly #signal: AbortSignal;
  readonly #stream: AsyncIterator<ReplyPart, unknown>;
  readonly #over = Promise.withResolvers<IteratorReturnResult<undefined>>();
  readonly #askedAt: number;
  /** What came before anybody wanted it: hints at most, and the part that ended the wait. */
  #first: ReplyPart[] = [];
  #began = false;
  #written = 0;
  #limit = 0;
  /** When the part that is waited for is late; `Infinity` while none is. */
  #due = Number.POSITIVE_INFINITY;
  #cancelTimer: Cancel = () => {};

  constructor(options: ModelAttemptOptions) {
    const { clock, provider, request } = options;
    this.provider = provider;
    this.#options = options;
    this.#askedAt = clock.now();
    this.#signal = AbortSignal.any([request.signal, this.#broken.signal]);
    this.#stream = provider.reply({ ...request, signal: this.#signal })[Symbol.asyncIterator]();
    this.#over.promise.catch(() => {}); // it may break when nobody waits
    request.signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** Characters of the answer so far. */
  get written(): number {
    return this.#written;
  }

  /** Ms since it was asked. */
  get age(): number {
    return this.#options.clock.now() - this.#askedAt;
  }

  /**
   * Resolves once a word, a sign of a tool call or the finish is there, or the request was aborted. Rejects with a
   * `GatewayError` when the model fails, is late, or ends without any of it.
   */
  async begin(): Promise<void> {
    this.#allow(this.#options.firstToken);
    this.#due = this.#askedAt + this.#options.firstToken;
    for (;;) {
      const part = await this.#next();
      if (part === undefined) break;
      if (part.type === "hints") this.#first = [part];
      else if (part.type !== "text" || part.text !== "") {
        if (part.type !== "progress") this.#first.push(part);
        break;
      }
    }
    this.#began = true;
    this.#allow(this.#options.betweenTokens);
  }

  /** Its parts from the first on, without the signs of life. Throws as `begin` does. */
  async *parts(): AsyncGenerator<ReplyPart, void> {
    let finished = false;
    try {
      for (const part of this.#first) {
        finished ||= part.type === "finish";
        yield part;
      }
      while (!finished) {
        const part = await this.#next();
        if (part === undefined) return;
        finished = part.type === "finish";
        if (part.type !== "progress" && (part.type !== "text" || part.text !== "")) yield part;
      }
    } finally {
      // One that has finished keeps its connection for the next.
      if (finished) this.#done();
      else this.cancel();
    }
  }

  /** Nobody wants it any more. */
  cancel(): void {
    this.#broken.abort();
    this.#over.resolve({ done: true, value: undefined });
    this.#done();
  }

  /** The next part; undefined when the request was aborted. */
  async #next(): Promise<ReplyPart | undefined> {
    const { clock, request, provider } = this.#options;
    if (this.#began) this.#due = clock.now() + this.#limit;
    try {
      const next = await Promise.race([this.#stream.next(), this.#over.promise]);
      if (request.signal.aborted) return undefined;
      if (next.done === true)
        throw new GatewayError("PROVIDER_PROTOCOL", `${provider.name}: the reply stopped without a finish`);
      this.#written += lengthOf(next.value);
      return next.value;
    } catch (error) {
      this.cancel();
      if (request.signal.aborted) return undefined;
      throw asGatewayError(error, "PROVIDER_UNAVAILABLE");
    } finally {
      if (this.#began) this.#due = Number.POSITIVE_INFINITY;
    }
  }

  /** From now on so many ms of waiting are too many. */
  #allow(limit: number): void {
    this.#limit = limit;
    this.#due = Number.POSITIVE_INFINITY;
    this.#watch(limit);
  }

  /** One timer at a time, set anew when it fires: a timer for each token would cost more than the tokens. */
  #watch(ms: number): void {
    this.#cancelTimer();
    if (this.#signal.aborted) return;
    const { clock, provider } = this.#options;
    this.#cancelTimer = clock.after(ms, () => {
      const left = this.#due - clock.now();
      if (left > 0) return this.#watch(Math.min(left, this.#limit));
      const late = `no ${this.#began ? "token" : "first token"} for ${this.#limit} ms`;
      this.#over.reject(new GatewayError("PROVIDER_TIMEOUT", `${provider.name}: ${late}`));
    });
  }

  readonly #abort = (): void => {
    this.#over.resolve({ done: true, value: undefined });
    this.#done();
  };

  #done(): void {
    this.#cancelTimer();
    this.#options.request.signal.removeEventListener("abort", this.#abort);
    this.#stream.return?.(undefined)?.catch(() => {}); // what it was doing is of no interest any more
  }
}

function lengthOf(part: ReplyPart): number {
  if (part.type === "text") return part.text.length;
  return part.type === "tool-call" ? part.call.name.length + part.call.arguments.length : 0;
}

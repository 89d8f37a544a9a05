import type { LanguageModel, ReplyPart, ReplyRequest } from "../../../pipeline/language-model.ts";
import { asGatewayError, type GatewayError } from "../../../runtime/errors.ts";
import { sleep } from "../../../runtime/sleep.ts";
import type { FailoverLanguageModelOptions } from "./failover-language-model.ts";
import { firstToBegin, type Hedge, NobodyBegan } from "./first-to-begin.ts";
import type { LatencyWindow } from "./latency-window.ts";
import { ModelAttempt } from "./model-attempt.ts";
import { Seam } from "./seam.ts";
import { WordHold } from "./word-hold.ts";

export interface FailoverReplyOptions extends FailoverLanguageModelOptions {
  readonly betweenTokens: number;
  readonly providers: readonly LanguageModel[];
  /** How long each provider took to its first word, by name; of all calls. */
  readonly windows: ReadonlyMap<string, LatencyWindow>;
  readonly request: ReplyRequest;
}

/** One reply, by as many models as it takes. */
export class FailoverReply {
  readonly #options: FailoverReplyOptions;
  readonly #candidates: Iterator<Candidate, undefined>;
  /** What was given to the user, in whole words, by these models or before. */
  #said: string;
  #calledTool = false;

  constructor(options: FailoverReplyOptions) {
    this.#options = options;
    this.#said = options.request.continuing ?? "";
    this.#candidates = candidatesOf(options);
  }

  /** Throws the last one's `GatewayError` when nobody is left to ask; on abort it simply ends. */
  async *parts(): AsyncGenerator<ReplyPart, void> {
    const { signal } = this.#options.request;
    let attempt = this.#askNext();
    while (!signal.aborted) {
      try {
        attempt = await this.#begun(attempt);
        yield* this.#given(attempt);
        return;
      } catch (error) {
        attempt = await this.#replace(error instanceof NobodyBegan ? error.attempt : attempt, error);
      }
    }
    attempt.cancel();
  }

  /** Whoever begins first, when the one that was asked keeps the caller waiting. */
  async #begun(asked: ModelAttempt): Promise<ModelAttempt> {
    const { clock, onHedge } = this.#options;
    const hedge = this.#hedge(asked);
    const begun = await firstToBegin(asked, {
      clock,
      hedge,
      covered: (failed, error) => this.#failed(failed, asGatewayError(error, "PROVIDER_UNAVAILABLE")),
      outpaced: (loser) => {
        this.#wasted(loser);
        // The second one had less time; one that the caller has interrupted was not given its time either.
        if (loser !== asked || this.#options.request.signal.aborted) return;
        this.#window(loser)?.add(loser.age);
        this.#options.breakers.tell(loser.provider.name, "failed");
      },
    }).catch((error: unknown) => {
      if (hedge?.second !== undefined) onHedge?.("failed");
      throw error;
    });
    if (hedge?.second !== undefined) onHedge?.(begun === hedge.second ? "won" : "lost");
    if (!this.#options.request.signal.aborted) this.#window(begun)?.add(begun.age);
    return begun;
  }

  #hedge(asked: ModelAttempt): (Hedge & { second?: ModelAttempt | undefined }) | undefined {
    const { hedgePercentile } = this.#options;
    const usual = hedgePercentile && this.#window(asked)?.percentile(hedgePercentile);
    if (!usual) return undefined;
    const hedge: Hedge & { second?: ModelAttempt | undefined } = {
      after: Math.max(usual, SOONEST_HEDGE),
      ask: () => {
        const next = this.#candidates.next();
        if (next.done !== true) hedge.second = this.#ask(next.value);
        return hedge.second;
      },
    };
    return hedge;
  }

  /** Its parts as the user gets them: text in whole words, joined to what was given before. */
  async *#given(attempt: ModelAttempt): AsyncGenerator<ReplyPart, void> {
    const hold = new WordHold();
    const seam = this.#said === "" ? undefined : new Seam(this.#said);
    const joined = (text: string): string => (seam === undefined ? text : seam.push(text));
    let works = false;
    try {
      for await (const part of attempt.parts()) {
        works = true;
        if (part.type === "text") {
          yield* this.#text(hold.push(joined(part.text)));
          continue;
        }
        if (part.type !== "hints") yield* this.#text(hold.push(seam?.flush() ?? "") + hold.flush());
        if (part.type === "tool-call") this.#calledTool = true;
        yield part;
      }
    } catch (error) {
      works = false;
      throw error;
    } finally {
      // Also when the user has left: whoever was answering, works.
      if (works) this.#options.breakers.tell(attempt.provider.name, "succeeded");
    }
  }

  *#text(text: string): Generator<ReplyPart, void> {
    if (text === "") return;
    this.#said += text;
    yield { type: "text", text };
  }

  /** Who takes over from one that has failed; throws its failure when nobody can. */
  async #replace(attempt: ModelAttempt, error: unknown): Promise<ModelAttempt> {
    const { clock, request, breakers } = this.#options;
    const { provider } = attempt;
    const failure = asGatewayError(
      error instanceof NobodyBegan ? error.cause : error,
      "PROVIDER_UNAVAILABLE",
    );
    const next = this.#calledTool ? undefined : this.#candidates.next();
    const wait = next?.done === false && next.value.provider === provider ? waitBefore(failure) : 0;
    if (next === undefined || next.done === true || wait === undefined) {
      breakers.tell(provider.name, "failed");
      throw failure;
    }
    this.#failed(attempt, failure);
    if (wait > 0) await sleep(clock, wait, request.signal);
    return this.#ask(next.value);
  }

  /** A failure that the caller will not notice. */
  #failed(attempt: ModelAttempt, failure: GatewayError): void {
    const { breakers, onFailure } = this.#options;
    breakers.tell(attempt.provider.name, "failed");
    if (attempt.written > 0) this.#wasted(attempt);
    onFailure(attempt.provider.name, failure);
  }

  #wasted({ provider, written }: ModelAttempt): void {
    this.#options.request.wasted?.(provider.name, written);
  }

  #window({ provider }: ModelAttempt): LatencyWindow | undefined {
    return this.#options.windows.get(provider.name);
  }

  #askNext(): ModelAttempt {
    const next = this.#candidates.next();
    if (next.done === true) throw new RangeError("There is always somebody to ask first");
    return this.#ask(next.value);
  }

  #ask({ provider, again }: Candidate): ModelAttempt {
    const { clock, request, firstToken, betweenTokens } = this.#options;
    return new ModelAttempt({
      clock,
      provider,
      request: {
        ...request,
        ...(again && { again }),
        ...(this.#said !== "" && { continuing: this.#said }),
      },
      firstToken,
      betweenTokens,
    });
  }
}

interface Candidate {
  readonly provider: LanguageModel;
  /** It was asked before. */
  readonly again: boolean;
}

/** Whom to ask, in order: those whose breaker admits them, the last one in any case, and an only one twice. */
function* candidatesOf({ providers, breakers }: FailoverReplyOptions): Generator<Candidate, undefined> {
  const last = providers.length - 1;
  let asked = 0;
  for (const [index, provider] of providers.entries()) {
    if (!breakers.admits(provider.name) && index !== last) continue;
    asked += 1;
    yield { provider, again: false };
  }
  const only = providers[last];
  if (asked === 1 && only !== undefined) yield { provider: only, again: true };
  return undefined;
}

/** Before the same one is asked again, in ms; undefined: it is not worth it. */
function waitBefore({ code, retryable, retryAfter }: GatewayError): number | undefined {
  if (!retryable) return undefined;
  const wait = retryAfter ?? (code === "PROVIDER_RATE_LIMITED" ? PAUSE : 0);
  return wait > LONGEST_WAIT ? undefined : wait;
}

/** No hedge before that, in ms: half of all replies are slower than the median. */
const SOONEST_HEDGE = 200;
/** One that says "too many requests" and not for how long is given this time, in ms. */
const PAUSE = 250;
/** No caller is kept waiting longer for one and the same model, in ms. */
const LONGEST_WAIT = 1_500;

import type { LanguageModel, ReplyPart, ReplyRequest } from "../../../pipeline/language-model.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { type FailoverOptions, firstOf } from "../failover-options.ts";
import { FailoverReply } from "./failover-reply.ts";
import { LatencyWindow } from "./latency-window.ts";

export interface FailoverLanguageModelOptions extends FailoverOptions {
  readonly clock: Clock;
  /** From the request to the first word or sign of a tool call, in ms; then the next one is asked. */
  readonly firstToken: number;
  /** Between two pieces of a reply, in ms; default {@link BETWEEN_TOKENS}. */
  readonly betweenTokens?: number;
  /**
   * When no word has come within this percentile of the first one's last answers (over all calls), the next one is
   * asked as well, and the first to begin has the reply; unset: never.
   */
  readonly hedgePercentile?: number;
  /** A reply was hedged: the second one answered first, or did not, or neither did. Must not throw. */
  readonly onHedge?: (outcome: HedgeOutcome) => void;
}

export type HedgeOutcome = "won" | "lost" | "failed";

/**
 * A list of models as one. Each reply is asked of the first that its breaker admits (of the last, whatever its
 * breaker says). The next one is asked when it throws, ends without a finish, gives no first word in time, or stops
 * in the middle; it is then told what was given so far and goes on from there, in whole words, none of them twice.
 * When there is only one to ask, it is asked once more, unless it has refused. Only a failure that nobody made up for
 * goes through, and one after a tool call was given: what the call does might be done twice.
 *
 * The name, the opening hints and `warm` are the first one's.
 */
export function failoverLanguageModel(
  providers: readonly LanguageModel[],
  options: FailoverLanguageModelOptions,
): LanguageModel {
  const first = firstOf(providers);
  const windows = new Map(providers.map(({ name }) => [name, new LatencyWindow()]));
  return {
    name: first.name,
    ...(first.openingHints && { openingHints: first.openingHints }),
    warm: () => first.warm?.(),
    reply: (request: ReplyRequest): AsyncIterable<ReplyPart> =>
      new FailoverReply({ betweenTokens: BETWEEN_TOKENS, ...options, providers, windows, request }).parts(),
  };
}

/** Sound made before lasts longer than that as a rule, so that the caller hears no gap; in ms. */
const BETWEEN_TOKENS = 1_500;

import type { CallRegistry } from "./calls/call-registry.ts";
import { CallSentiments } from "./calls/call-sentiments.ts";
import type { Config } from "./config/config.ts";
import { lexiconSentiment } from "./providers/embedded/lexicon-sentiment.ts";
import { ModelSentiment } from "./providers/openai/model-sentiment.ts";
import { OpenAiLanguageModel } from "./providers/openai/openai-language-model.ts";
import type { Clock } from "./runtime/clock.ts";
import type { createLogger } from "./telemetry/logger.ts";
import type { Metrics } from "./telemetry/metrics.ts";

/** Follows the calls from here on, and judges how their callers sound. */
export function composeSentiments(
  config: Pick<Config, "sentiment" | "openai">,
  registry: CallRegistry,
  {
    clock,
    metrics,
    logger,
  }: { readonly clock: Clock; readonly metrics: Metrics; readonly logger: ReturnType<typeof createLogger> },
): { close(): Promise<void> } {
  const { apiKey = "", ...openai } = config.openai;
  // Its own connections: those of the calls are never waited for on its behalf.
  const model =
    config.sentiment === "openai" ? new OpenAiLanguageModel({ ...openai, apiKey, clock }) : undefined;
  const calls = new CallSentiments({
    registry,
    quick: lexiconSentiment,
    ...(model && { judge: new ModelSentiment(model) }),
    clock,
    onSettled: (sentiment) => metrics.callsBySentiment.inc({ sentiment: sentiment ?? "none" }),
    onFailure: (provider, code) => {
      metrics.providerErrors.inc({ port: "sentiment", provider, code });
      logger.warn(
        { provider, code },
        "the sentiment of a call could not be judged; its words' own was taken",
      );
    },
  });
  calls.start();
  return {
    async close() {
      await calls.close();
      model?.close();
    },
  };
}

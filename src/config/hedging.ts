import type { EnvironmentReader } from "./environment-reader.ts";

/** When a second model is asked beside the first that keeps the caller waiting. */
export interface Hedging {
  /** The percentile of the first one's last times to its first word, 50 to 99; unset: never. */
  readonly llmPercentile?: number;
}

/** `LLM_HEDGE`: `off`, the default, or `p50` to `p99`. */
export function readHedging(environment: EnvironmentReader): Hedging {
  const value = environment.text("LLM_HEDGE")?.toLowerCase() ?? "off";
  if (value === "off") return {};
  const percentile = /^p([5-9]\d)$/.exec(value)?.[1];
  if (percentile !== undefined) return { llmPercentile: Number(percentile) };
  environment.problem(
    "LLM_HEDGE",
    `is "${value}", which is neither off nor a percentile`,
    "use off, or p50 to p99",
  );
  return {};
}

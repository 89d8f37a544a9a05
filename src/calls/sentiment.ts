/** How a caller sounds, by his words. */
export type Sentiment = "positive" | "neutral" | "negative";

export const sentiments: readonly Sentiment[] = ["positive", "neutral", "negative"];

/** What a caller has said so far. */
export interface CallerWords {
  /** BCP 47, such as `en-US`. */
  readonly language: string;
  /** Whole utterances, the oldest first; at least one. */
  readonly utterances: readonly string[];
}

/** Port: judges at once and by itself, so that every utterance can be judged. */
export type QuickJudgement = (words: CallerWords) => Sentiment;

/** Port: judges with more understanding than a list of words has, and takes its time. */
export interface SentimentJudge {
  readonly name: string;
  /** Rejects with a `GatewayError` when it fails, is late, or is aborted. */
  judge(words: CallerWords, signal: AbortSignal): Promise<Sentiment>;
}

/**
 * What a caller gets for whom there is no line: the same agent by the carrier's own recogniser and voice, a place in a
 * queue, to be called back, or the busy tone.
 */
export type OverloadOffer = "gather" | "queue" | "callback" | "busy";

/** What is said to callers for whom there is no line, by the carrier's own voice. */
export interface OverloadPhrases {
  /** To a caller who begins to wait. */
  readonly queued: string;
  /** Every half minute of waiting. */
  readonly stillQueued: string;
  /** Asks to press 1 to be called back. */
  readonly callbackOffer: string;
  /** The key was pressed: it is written down. */
  readonly callbackPromised: string;
  /** Before hanging up. */
  readonly busy: string;
}

export interface OverloadPolicy {
  readonly offer: OverloadOffer;
  readonly phrases: OverloadPhrases;
  /** BCP 47, of the phrases. */
  readonly language: string;
}

export const defaultOverload: OverloadPolicy = {
  offer: "gather",
  phrases: {
    queued:
      "All our lines are busy at the moment. Please hold the line; you will be connected as soon as one is free.",
    stillQueued: "Thank you for waiting. You will be connected as soon as a line is free.",
    callbackOffer:
      "All our lines are busy at the moment. Press 1, and we will call you back at this number as soon as a line is free.",
    callbackPromised: "Thank you. We will call you back. Goodbye.",
    busy: "We are sorry, all our lines are busy. Please call again later.",
  },
  language: "en-US",
};

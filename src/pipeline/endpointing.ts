import type { TurnTaking } from "../calls/agent-profile.ts";

/**
 * Local silence after which the recogniser is asked for its final words, in ms. A recogniser that finds
 * endpoints itself is asked only when it seems to have missed one.
 */
export function finalizeDelay(bounds: TurnTaking, recogniserEndpoints: boolean): number {
  return recogniserEndpoints ? bounds.endpointFallback : bounds.localEndpoint;
}

/** How long the recogniser may take to answer a request for its final words, in ms. */
export const FINAL_WORDS_LIMIT = 1_000;

/** Speech shorter than this that yields no words passes without a remark, in ms: a cough, a click, a breath. */
export const UNREMARKABLE_SPEECH = 600;

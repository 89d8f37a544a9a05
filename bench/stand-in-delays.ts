/** Silence after which the recogniser's stand-in ends an utterance, in ms. */
export const ENDPOINT = 300;

/** The delays that every system is measured with, in ms and tokens per second. */
export const DELAYS = { final: 50, firstToken: 200, tokensPerSecond: 80, firstByte: 100 };

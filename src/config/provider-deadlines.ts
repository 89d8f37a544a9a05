import type { EnvironmentReader } from "./environment-reader.ts";

/** How long a provider may keep a caller waiting before the next one is asked, in ms. */
export interface ProviderDeadlines {
  /** From the request to the first word or tool call of the language model. */
  readonly firstToken: number;
  /** From the first words given to the voice to its first sound. */
  readonly firstByte: number;
}

export function readProviderDeadlines(environment: EnvironmentReader): ProviderDeadlines {
  return {
    firstToken: environment.integer("LLM_FIRST_TOKEN_TIMEOUT", 2_500, 100, 60_000),
    firstByte: environment.integer("TTS_FIRST_BYTE_TIMEOUT", 1_000, 100, 60_000),
  };
}

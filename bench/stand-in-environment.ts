import type { StandIn } from "../src/simulation/stand-ins/stand-in.ts";

/** What points a gateway at stand-ins for the three vendors. */
export function standInEnvironment(
  recogniser: StandIn,
  model: StandIn,
  voice: StandIn,
): Readonly<Record<string, string>> {
  return {
    DEEPGRAM_API_KEY: "bench",
    DEEPGRAM_BASE_URL: recogniser.origin,
    OPENAI_API_KEY: "bench",
    OPENAI_BASE_URL: `${model.origin}/v1`,
    SENTIMENT_PROVIDER: "embedded",
    ELEVENLABS_API_KEY: "bench",
    ELEVENLABS_BASE_URL: voice.origin,
    ELEVENLABS_VOICE_ID: "bench",
  };
}

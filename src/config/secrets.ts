import type { Config } from "./config.ts";

/** Every configured value that must not be read by anybody: in no line of a log, in no report. */
export function secretsOf(config: Config): readonly string[] {
  const {
    apiSecretKey,
    twilio,
    deepgram,
    openai,
    elevenlabs,
    callHistory,
    databaseUrl,
    redisUrl,
    recordingBucket,
  } = config;
  return [
    apiSecretKey,
    twilio.authToken,
    deepgram.apiKey,
    openai.apiKey,
    elevenlabs.apiKey,
    callHistory.jwtSecret,
    databaseUrl,
    redisUrl,
    recordingBucket?.secretAccessKey,
  ].filter((secret) => secret !== undefined);
}

import type { Config } from "./config.ts";

/** Every configured value that must not be read by anybody: in no line of a log, in no report. */
export function secretsOf(config: Config): readonly string[] {
  const { apiSecretKey, twilio, deepgram, openai, elevenlabs, callHistory } = config;
  const { stt, llm, tts } = config.providers;
  const labelled = [...stt, ...llm, ...tts].map((entry) =>
    entry.vendor === "embedded" ? undefined : entry.settings.apiKey,
  );
  const secrets = [
    apiSecretKey,
    twilio.authToken,
    deepgram.apiKey,
    openai.apiKey,
    elevenlabs.apiKey,
    ...labelled,
    callHistory.jwtSecret,
    config.databaseUrl,
    config.redisUrl,
    config.recordingBucket?.secretAccessKey,
  ];
  return [...new Set(secrets)].filter((secret) => secret !== undefined);
}

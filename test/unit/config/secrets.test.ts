import { expect, it } from "vitest";
import { loadConfig } from "../../../src/config/config.ts";
import { secretsOf } from "../../../src/config/secrets.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64").replace(/=+$/, "");

it("are the values of every variable that names one, and none of the others", () => {
  const config = loadConfig({
    API_SECRET_KEY: "api-1",
    TWILIO_ACCOUNT_SID: "AC1",
    TWILIO_AUTH_TOKEN: "twilio-1",
    DEEPGRAM_API_KEY: "deepgram-1",
    OPENAI_API_KEY: "openai-1",
    ELEVENLABS_API_KEY: "elevenlabs-1",
    JWT_SECRET: "jwt-1",
    AGENT_PROMPT: "You know that http://example.com/?q=a-public-page-with-a-long-name is ours.",
    AGENT_GREETING: "Hello",
  });
  const plain = ["api-1", "twilio-1", "deepgram-1", "openai-1", "elevenlabs-1", "jwt-1", "AC1:twilio-1"];
  expect([...secretsOf(config)].sort()).toEqual(
    [...new Set(plain.flatMap((one) => [one, encodeURIComponent(one), base64(one)]))].sort(),
  );
});

it("are the passwords in URLs, and what may be a key in a query", () => {
  const secrets = secretsOf(
    loadConfig({
      DATABASE_URL: "postgres://me:p%40ss-1@db/calls",
      REDIS_URL: "redis://:redis-1@cache",
      OPENAI_BASE_URL: "http://me:base-1@127.0.0.1:1/v1",
      CALL_HISTORY_ENDPOINT: "https://crm.example.com/calls?code=0123456789abcdef&v=2",
    }),
  );
  for (const one of ["p@ss-1", "p%40ss-1", base64("me:p@ss-1"), "redis-1", "base-1", "0123456789abcdef"])
    expect(secrets).toContain(one);
  expect(secrets).toContain("postgres://me:p%40ss-1@db/calls");
  expect(secrets).not.toContain("2");
});

it("are none where nothing is configured", () => {
  expect(secretsOf(loadConfig({}))).toEqual([]);
});

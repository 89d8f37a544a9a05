import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { loadConfig, publicUrlAt, variableNames } from "../../../src/config/config.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";

function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).code).toBe("CONFIG_INVALID");
    return (error as GatewayError).message.split("\n");
  }
  return [];
}

const EMBEDDED = { name: "embedded", vendor: "embedded" };

const guarded = { API_SECRET_KEY: "key-1", TWILIO_AUTH_TOKEN: "token-1" };

describe("loadConfig", () => {
  it("runs on loopback with embedded providers when nothing is set", () => {
    expect(loadConfig({})).toEqual({
      deployment: { drain: 25_000, handOver: "auto" },
      host: "127.0.0.1",
      port: 8000,
      publicUrl: "http://127.0.0.1:8000",
      corsOrigins: [],
      rateLimits: { default: 100, batch: 10, outbound: 30 },
      serviceName: "call",
      logLevel: "INFO",
      twilio: {},
      deepgram: { model: "nova-3" },
      openai: {},
      elevenlabs: {},
      providers: { stt: [EMBEDDED], llm: [EMBEDDED], tts: [EMBEDDED] },
      providerDeadlines: { firstToken: 2_500, firstByte: 1_000 },
      hedging: {},
      sentiment: "embedded",
      callHistory: { allowPrivate: true },
      dataDir: "./data",
      journals: "profile",
      maxCalls: 300,
      overload: {
        offer: "gather",
        maxGathers: 600,
        maxLateness: 40,
        queueTime: 120_000,
        mostUnsaved: 67_108_864,
      },
      agent: {},
      notYet: [],
    });
  });

  it("is frozen all the way down", () => {
    const config = loadConfig({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.providers.stt)).toBe(true);
  });

  it("takes empty values as unset", () => {
    expect(loadConfig({ PORT: "", DEEPGRAM_API_KEY: " ", PUBLIC_URL: "", AGENT_GREETING: "" })).toEqual(
      loadConfig({}),
    );
  });

  it("has the language model judge how callers sound once there is its key, unless told otherwise", () => {
    expect(loadConfig({ OPENAI_API_KEY: "o" }).sentiment).toBe("openai");
    expect(loadConfig({ OPENAI_API_KEY: "o", SENTIMENT_PROVIDER: "embedded" }).sentiment).toBe("embedded");
    expect(problemsOf({ SENTIMENT_PROVIDER: "openai" })).toEqual([
      "SENTIMENT_PROVIDER is openai, but OPENAI_API_KEY is not set: set OPENAI_API_KEY, or use auto or embedded.",
    ]);
  });

  it("keeps calls for good, or for so many days", () => {
    expect(loadConfig({}).retention).toBeUndefined();
    expect(loadConfig({ RETENTION_DAYS: "30" }).retention).toBe(2_592_000_000);
    expect(problemsOf({ RETENTION_DAYS: "0" })).toEqual([
      'RETENTION_DAYS is "0", which is not a whole number from 1 to 3650: use one, such as 90.',
    ]);
  });

  it("knows what callers get for whom there is no line", () => {
    const set = { MAX_CALLS: "10", OVERLOAD: "queue", QUEUE_TIME: "60", MAX_LATENESS: "0" };
    expect(loadConfig({ ...set, CALLBACK_HOURS: "09:00-20:00 Europe/Berlin" }).overload).toEqual({
      offer: "queue",
      maxGathers: 20,
      maxLateness: 0,
      queueTime: 60_000,
      mostUnsaved: 67_108_864,
      callbackHours: { start: "09:00", end: "20:00", timezone: "Europe/Berlin" },
    });
    for (const CALLBACK_HOURS of ["9-20 UTC", "09:00-20:00", "09:00-20:00 Nowhere/Land", "09:00-24:00 UTC"]) {
      expect(problemsOf({ CALLBACK_HOURS })).toEqual([
        `CALLBACK_HOURS is "${CALLBACK_HOURS}", which is not a daily window and an IANA time zone: ` +
          "write it as 09:00-20:00 Europe/Berlin.",
      ]);
    }
  });

  it("trims the slash of URLs", () => {
    const config = loadConfig({
      ...guarded,
      PUBLIC_URL: "https://voice.example.com/",
      OPENAI_BASE_URL: "http://127.0.0.1:9/v1/",
      DEEPGRAM_BASE_URL: "http://127.0.0.1:9/",
    });
    expect(config.publicUrl).toBe("https://voice.example.com");
    expect(config.openai.baseUrl).toBe("http://127.0.0.1:9/v1");
    expect(config.deepgram.baseUrl).toBe("http://127.0.0.1:9");
  });

  it("reads the agent, its language in canonical form", () => {
    expect(
      loadConfig({ AGENT_GREETING: "Hi.", AGENT_PROMPT: "Be kind.", AGENT_LANGUAGE: "de-de" }).agent,
    ).toEqual({
      greeting: "Hi.",
      prompt: "Be kind.",
      language: "de-DE",
    });
  });

  it("reads origins as browsers send them, each once", () => {
    const { corsOrigins } = loadConfig({
      CORS_ORIGINS: "https://desk.example.com, http://localhost:3000/,https://DESK.example.com:443,",
    });
    expect(corsOrigins).toEqual(["https://desk.example.com", "http://localhost:3000"]);
  });

  it("reads the rate limits, 0 for none", () => {
    const { rateLimits } = loadConfig({ RATE_LIMIT_PER_MINUTE: "500", RATE_LIMIT_BATCH_PER_MINUTE: "0" });
    expect(rateLimits).toEqual({ default: 500, batch: 0, outbound: 30 });
  });

  it.each([
    ["warning", "WARNING"],
    ["Critical", "CRITICAL"],
  ])("reads the log level %s", (given, level) => {
    expect(loadConfig({ LOG_LEVEL: given }).logLevel).toBe(level);
  });

  it.each(["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])("needs no secrets on %s", (host) => {
    expect(problemsOf({ HOST: host })).toEqual([]);
  });

  it.each([
    [{ HOST: "0.0.0.0" }, "HOST 0.0.0.0"],
    [{ HOST: "::" }, "HOST ::"],
    [{ PUBLIC_URL: "https://voice.example.com" }, "PUBLIC_URL https://voice.example.com"],
    [{ PUBLIC_URL: "http://127.0.0.1.example.com" }, "PUBLIC_URL http://127.0.0.1.example.com"],
  ])("demands both secrets with %o", (env, exposure) => {
    const problems = problemsOf(env);
    expect(problems.map((line) => line.split(" ")[0])).toEqual(["API_SECRET_KEY", "TWILIO_AUTH_TOKEN"]);
    expect(problems[0]).toContain(exposure);
    expect(problemsOf({ ...env, ...guarded })).toEqual([]);
  });

  it.each([
    [{ PORT: "http" }, `PORT is "http", which is not a whole number from 0 to 65535: use one, such as 8000.`],
    [{ PORT: "65536" }, "65535"],
    [{ PORT: "-1" }, "PORT"],
    [{ MAX_CALLS: "0" }, "MAX_CALLS"],
    [{ MAX_CALLS: "10001" }, "MAX_CALLS"],
    [{ HOST: "http://0.0.0.0" }, "HOST"],
    [{ LOG_LEVEL: "loud" }, "LOG_LEVEL"],
    [{ CORS_ORIGINS: "*" }, `CORS_ORIGINS has "*", which is not an origin`],
    [{ CORS_ORIGINS: "https://a.example.com,desk.example.com" }, `"desk.example.com"`],
    [{ CORS_ORIGINS: "https://a.example.com/desk" }, "CORS_ORIGINS"],
    [{ CORS_ORIGINS: "ftp://a.example.com" }, "CORS_ORIGINS"],
    [{ CORS_ORIGINS: "null" }, "CORS_ORIGINS"],
    [{ RATE_LIMIT_PER_MINUTE: "-1" }, "RATE_LIMIT_PER_MINUTE"],
    [{ RATE_LIMIT_BATCH_PER_MINUTE: "many" }, "RATE_LIMIT_BATCH_PER_MINUTE"],
    [{ RATE_LIMIT_OUTBOUND_PER_MINUTE: "0.5" }, "RATE_LIMIT_OUTBOUND_PER_MINUTE"],
    [{ PUBLIC_URL: "voice.example.com" }, "PUBLIC_URL"],
    [{ PUBLIC_URL: "ws://127.0.0.1:8000" }, "PUBLIC_URL"],
    [{ PUBLIC_URL: "http://127.0.0.1:8000/gateway" }, "PUBLIC_URL"],
    [{ DEEPGRAM_BASE_URL: "http://127.0.0.1:1/v1" }, "DEEPGRAM_BASE_URL"],
    [{ ELEVENLABS_BASE_URL: "127.0.0.1:1" }, "ELEVENLABS_BASE_URL"],
    [{ OPENAI_BASE_URL: "ftp://127.0.0.1/v1" }, "OPENAI_BASE_URL"],
    [{ TWILIO_PHONE_NUMBER: "5005550006" }, "TWILIO_PHONE_NUMBER"],
    [{ TWILIO_ACCOUNT_SID: "SK1", TWILIO_AUTH_TOKEN: "t" }, "TWILIO_ACCOUNT_SID"],
    [{ TWILIO_ACCOUNT_SID: "AC1" }, "TWILIO_AUTH_TOKEN"],
    [{ AGENT_LANGUAGE: "english please" }, "AGENT_LANGUAGE"],
    [{ DATABASE_URL: "mysql://127.0.0.1/calls" }, "DATABASE_URL"],
    [{ REDIS_URL: "127.0.0.1:6379" }, "REDIS_URL"],
    [{ CALL_HISTORY_ENDPOINT: "nowhere" }, "CALL_HISTORY_ENDPOINT"],
  ])("stops on %o with one line", (env, expected) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it("names every mistake in one go", () => {
    expect(problemsOf({ PORT: "x", LOG_LEVEL: "y" })).toHaveLength(2);
  });

  it("never shows a secret", () => {
    const problems = problemsOf({
      DATABASE_URL: "mysql://me:hunter2@db/calls",
      REDIS_URL: "me:hunter2@redis",
      API_SECRET_KEY: "hunter2 with a space",
    });
    expect(problems).toHaveLength(3);
    expect(problems.join("\n")).not.toContain("hunter2");
    expect(problemsOf({ DATABASE_URL: "hunter2" }).join()).not.toContain("hunter2");
  });

  it.each([
    [{}, true],
    [{ NODE_ENV: "production" }, false],
    [{ NODE_ENV: "production", CALL_HISTORY_ALLOW_PRIVATE: "true" }, true],
    [{ NODE_ENV: "test", CALL_HISTORY_ALLOW_PRIVATE: "false" }, false],
  ])("with %o, private addresses may get call histories: %s", (env, allowPrivate) => {
    const endpoint = "https://crm.example.com/calls";
    const config = loadConfig({ ...env, CALL_HISTORY_ENDPOINT: `${endpoint}/`, JWT_SECRET: "s" });
    expect(config.callHistory).toEqual({ endpoint, jwtSecret: "s", allowPrivate });
    expect(config.notYet).toEqual([]);
  });

  it("says which variables have no effect yet", () => {
    const config = loadConfig({ DATABASE_URL: "postgres://db/calls", REDIS_URL: "redis://cache" });
    expect(config.databaseUrl).toBe("postgres://db/calls");
    expect(config.notYet).toEqual([
      "REDIS_URL is set, but this version does not use Redis; processes share DATABASE_URL.",
    ]);
  });
});

describe("publicUrlAt", () => {
  it("puts the bound port into the default origin", () => {
    expect(publicUrlAt(loadConfig({ PORT: "0" }), 4711)).toBe("http://127.0.0.1:4711");
    expect(publicUrlAt(loadConfig({ PORT: "0", HOST: "::1" }), 4711)).toBe("http://[::1]:4711");
  });

  it("leaves a configured origin alone", () => {
    expect(publicUrlAt(loadConfig({ PORT: "0", PUBLIC_URL: "http://localhost:81" }), 4711)).toBe(
      "http://localhost:81",
    );
  });
});

describe("LLM_HEDGE", () => {
  it.each([
    ["off", {}],
    ["p95", { llmPercentile: 95 }],
    ["P50", { llmPercentile: 50 }],
  ])("%s is understood", (value, hedging) => {
    expect(loadConfig({ LLM_HEDGE: value }).hedging).toEqual(hedging);
  });

  it.each(["p100", "p49", "95", "on"])("%s is refused", (value) => {
    expect(problemsOf({ LLM_HEDGE: value })).toEqual([
      `LLM_HEDGE is "${value}", which is neither off nor a percentile: use off, or p50 to p99.`,
    ]);
  });
});

describe(".env.example", () => {
  const example = readFileSync(".env.example", "utf8");

  it("lists exactly the variables that are read", () => {
    expect(Object.keys(parseEnv(example)).sort()).toEqual([...variableNames()].sort());
  });

  it("says in one line what each of them means", () => {
    const lines = example.split("\n");
    const unexplained = lines.filter(
      (line, index) => /^[A-Z_]+=/.test(line) && !lines[index - 1]?.match(/^# \w.*\.$|^# .*\.\/data$/),
    );
    expect(unexplained).toEqual([]);
  });

  it("is a configuration that starts, the same as none", () => {
    expect(loadConfig(parseEnv(example))).toEqual(loadConfig({}));
  });

  it("refuses a key that no HTTP header can carry, without repeating it", () => {
    const load = () => loadConfig({ ELEVENLABS_API_KEY: "sk\u2019secret" });
    expect(load).toThrow(/^ELEVENLABS_API_KEY has a character that no HTTP header can carry/);
    expect(load).not.toThrow(/secret/);
  });
});

describe("the bucket of the recordings", () => {
  it("is none unless it is named", () => {
    expect(loadConfig({}).recordingBucket).toBeUndefined();
    expect(loadConfig({ RECORDINGS_S3_BUCKET: "b" }).recordingBucket).toEqual({
      bucket: "b",
      region: "us-east-1",
      prefix: "",
    });
  });

  it("needs its name, and both halves of a key", () => {
    expect(problemsOf({ RECORDINGS_S3_ENDPOINT: "http://127.0.0.1:9000" })).toEqual([
      "RECORDINGS_S3_BUCKET is not set, but other RECORDINGS_S3 variables are: name the bucket, or unset them.",
    ]);
    expect(problemsOf({ RECORDINGS_S3_BUCKET: "b", RECORDINGS_S3_ACCESS_KEY_ID: "a" })).toEqual([
      "RECORDINGS_S3_SECRET_ACCESS_KEY is not set, but the other half of the key is: set both, or neither.",
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/config.ts";
import { modelOf, namesOf } from "../../../src/config/provider-lists.ts";
import { secretsOf } from "../../../src/config/secrets.ts";

const keys = { DEEPGRAM_API_KEY: "d", OPENAI_API_KEY: "o", ELEVENLABS_API_KEY: "e" };

function names(env: Record<string, string>) {
  return namesOf(loadConfig(env).providers);
}

function problem(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

describe("a provider list", () => {
  it("is by itself the vendor whose key is set", () => {
    expect(names(keys)).toEqual({ stt: ["deepgram"], llm: ["openai"], tts: ["elevenlabs"] });
  });

  it("leaves the recogniser and the voice alone when a key is set for another port", () => {
    expect(names({ OPENAI_API_KEY: "o" }).stt).toEqual(["embedded"]);
    expect(names({ DEEPGRAM_API_KEY: "d" }).tts).toEqual(["embedded"]);
  });

  it("keeps the failover order", () => {
    expect(names({ ...keys, STT_PROVIDER: "embedded, Deepgram,openai" }).stt).toEqual([
      "embedded",
      "deepgram",
      "openai",
    ]);
    expect(names({ ...keys, TTS_PROVIDER: "deepgram,elevenlabs,embedded" }).tts).toEqual([
      "deepgram",
      "elevenlabs",
      "embedded",
    ]);
  });

  it("has the settings of each of its vendors", () => {
    const { providers } = loadConfig({ ...keys, OPENAI_MODEL: "m", DEEPGRAM_VOICE_MODEL: "aura-2-luna-en" });
    expect(providers.llm).toEqual([
      { name: "openai", vendor: "openai", settings: { apiKey: "o", model: "m" } },
    ]);
    expect(providers.stt).toEqual([
      {
        name: "deepgram",
        vendor: "deepgram",
        settings: { apiKey: "d", model: "nova-3", voiceModel: "aura-2-luna-en" },
      },
    ]);
  });

  it("names one vendor again under a label, with variables of its own", () => {
    const { llm, stt, tts } = loadConfig({
      ...keys,
      LLM_PROVIDER: "openai,openai:back-up",
      STT_PROVIDER: "deepgram,deepgram:eu,openai:back-up",
      TTS_PROVIDER: "elevenlabs,elevenlabs:x",
      OPENAI_MODEL: "m1",
      OPENAI_BACK_UP_API_KEY: "o2",
      OPENAI_BACK_UP_BASE_URL: "http://127.0.0.1:9/v1/",
      OPENAI_BACK_UP_TRANSCRIPTION_MODEL: "t2",
      DEEPGRAM_MODEL: "nova-2",
      DEEPGRAM_EU_BASE_URL: "https://eu.example.com",
      ELEVENLABS_VOICE_ID: "v1",
      ELEVENLABS_X_VOICE_ID: "v2",
    }).providers;
    expect(llm[1]).toEqual({
      name: "openai:back-up",
      vendor: "openai",
      label: "back-up",
      settings: { apiKey: "o2", baseUrl: "http://127.0.0.1:9/v1", model: "m1", transcriptionModel: "t2" },
    });
    expect(stt[1]).toMatchObject({
      name: "deepgram:eu",
      settings: { apiKey: "d", baseUrl: "https://eu.example.com", model: "nova-2" },
    });
    expect(stt[2]?.name).toBe("openai:back-up");
    expect(tts.map((entry) => entry.vendor === "elevenlabs" && entry.settings.voiceId)).toEqual(["v1", "v2"]);
  });

  it("takes a label's key where the vendor itself has none", () => {
    expect(names({ LLM_PROVIDER: "openai:only", OPENAI_ONLY_API_KEY: "o" }).llm).toEqual(["openai:only"]);
  });

  it("tells the model by the port", () => {
    const { providers } = loadConfig({
      ...keys,
      STT_PROVIDER: "openai,deepgram,embedded",
      TTS_PROVIDER: "deepgram,elevenlabs",
      OPENAI_MODEL: "thinks",
      OPENAI_TRANSCRIPTION_MODEL: "hears",
      DEEPGRAM_VOICE_MODEL: "speaks",
      ELEVENLABS_MODEL: "sings",
    });
    expect(providers.stt.map((entry) => modelOf("stt", entry))).toEqual(["hears", "nova-3", undefined]);
    expect(providers.llm.map((entry) => modelOf("llm", entry))).toEqual(["thinks"]);
    expect(providers.tts.map((entry) => modelOf("tts", entry))).toEqual(["speaks", "sings"]);
  });

  it("counts the keys of labels among the secrets", () => {
    const env = { ...keys, LLM_PROVIDER: "openai,openai:b", OPENAI_B_API_KEY: "hidden" };
    expect(secretsOf(loadConfig(env))).toEqual(expect.arrayContaining(["d", "o", "e", "hidden"]));
  });

  it.each([
    [{ STT_PROVIDER: "deepgram" }, 'STT_PROVIDER has "deepgram", but DEEPGRAM_API_KEY is not set: '],
    [{ LLM_PROVIDER: "embedded,openai" }, 'LLM_PROVIDER has "openai", but OPENAI_API_KEY is not set: '],
    [{ TTS_PROVIDER: "deepgram" }, 'TTS_PROVIDER has "deepgram", but DEEPGRAM_API_KEY is not set: '],
    [{ TTS_PROVIDER: "openai" }, 'TTS_PROVIDER has "openai", which is not a provider here: '],
    [{ TTS_PROVIDER: "embedded,embedded" }, 'TTS_PROVIDER has "embedded" twice: '],
    [{ TTS_PROVIDER: "auto,embedded" }, 'TTS_PROVIDER has "auto", which is not a provider here: '],
    [{ TTS_PROVIDER: "embedded:x" }, 'TTS_PROVIDER has "embedded:x", which is not a provider here: '],
    [{ TTS_PROVIDER: "," }, "TTS_PROVIDER names no provider: "],
    [{ ...keys, LLM_PROVIDER: "openai:a,openai:A" }, 'LLM_PROVIDER has "openai:a" twice: '],
    [{ ...keys, LLM_PROVIDER: "openai:" }, 'LLM_PROVIDER has "openai:", whose label is not one: '],
    [{ ...keys, LLM_PROVIDER: "openai:a_b" }, 'LLM_PROVIDER has "openai:a_b", whose label is not one: '],
    [{ ...keys, LLM_PROVIDER: `openai:${"a".repeat(21)}` }, "whose label is not one: "],
    [
      { ...keys, LLM_PROVIDER: "openai:transcription" },
      'LLM_PROVIDER has "openai:transcription", whose OPENAI_TRANSCRIPTION_MODEL means something else already: ',
    ],
    [{ ...keys, STT_PROVIDER: "deepgram:eu-voice" }, "whose DEEPGRAM_EU_VOICE_MODEL means something else"],
    [
      { LLM_PROVIDER: "openai:b" },
      'LLM_PROVIDER has "openai:b", but neither OPENAI_B_API_KEY nor OPENAI_API_KEY is set: set OPENAI_B_API_KEY',
    ],
    [
      { ...keys, LLM_PROVIDER: "openai:b", OPENAI_B_BASE_URL: "nowhere" },
      'OPENAI_B_BASE_URL is "nowhere", which is not an http(s) URL',
    ],
  ])("stops on %o with one line", (env, expected) => {
    const problems = problem(env);
    expect(problems).toContain(expected);
    expect(problems.split("\n")).toHaveLength(1);
  });
});

describe("USE_WHISPER", () => {
  it("makes OpenAI the automatic recogniser, whatever other keys there are", () => {
    expect(names({ ...keys, USE_WHISPER: "true" }).stt).toEqual(["openai"]);
  });

  it("agrees with a list that names OpenAI", () => {
    const env = { ...keys, USE_WHISPER: "true", STT_PROVIDER: "deepgram,openai:b" };
    expect(names(env).stt).toEqual(["deepgram", "openai:b"]);
  });

  it.each([
    [
      { USE_WHISPER: "true" },
      "USE_WHISPER is true, but OPENAI_API_KEY is not set: set OPENAI_API_KEY, or unset USE_WHISPER.",
    ],
    [
      { ...keys, USE_WHISPER: "true", STT_PROVIDER: "deepgram" },
      "USE_WHISPER is true, but STT_PROVIDER does not name openai: ",
    ],
    [{ USE_WHISPER: "maybe" }, 'USE_WHISPER is "maybe", which is neither true nor false: '],
  ])("with %o is a mistake", (env, expected) => {
    const problems = problem(env);
    expect(problems).toContain(expected);
    expect(problems.split("\n")).toHaveLength(1);
  });
});

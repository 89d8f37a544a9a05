import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/config.ts";

describe("PRICES", () => {
  it("is a JSON object; what it leaves out costs nothing", () => {
    const text = '{"currency": "EUR", "telephony_per_minute": 0.0085, "llm_output_per_million": 1.6}';
    expect(loadConfig({ PRICES: text }).prices).toEqual({
      currency: "EUR",
      telephonyPerMinute: 0.0085,
      sttPerMinute: 0,
      llmInputPerMillion: 0,
      llmOutputPerMillion: 1.6,
      ttsPerMillionCharacters: 0,
    });
    expect(loadConfig({}).prices).toBeUndefined();
  });

  it.each([
    ["0.5", /PRICES is not a JSON object/],
    ["{", /PRICES is not a JSON object/],
    ['{"stt_per_minute": -1}', /stt_per_minute is -1, which is not a number from 0/],
    ['{"stt_per_minute": "1"}', /stt_per_minute is "1", which is not a number/],
    ['{"currency": "dollars"}', /currency is "dollars", which is not three capital letters/],
    ['{"stt_per_minut": 1}', /did you mean stt_per_minute\?/],
  ])("refuses %s", (text, problem) => {
    expect(() => loadConfig({ PRICES: text })).toThrow(problem);
  });
});

import type { Prices } from "../calls/call-cost.ts";
import type { EnvironmentReader } from "./environment-reader.ts";
import { isObject, JsonFields } from "./json-fields.ts";

/** What calls cost, from a JSON object; undefined when unset. A price that it leaves out is 0. */
export function readPrices(environment: EnvironmentReader): Prices | undefined {
  const text = environment.text(NAME);
  if (text === undefined) return undefined;
  const object = parsed(text);
  if (object === undefined) {
    environment.problem(NAME, "is not a JSON object", `write it as ${EXAMPLE}`);
    return undefined;
  }
  const fields = new JsonFields(object, "", (problem) =>
    environment.problem(NAME, `has a mistake, ${problem}`, `write it as ${EXAMPLE}`),
  );
  const price = (name: string): number => fields.amount(name, HIGHEST) ?? 0;
  const prices: Prices = {
    currency: fields.textLike("currency", /^[A-Z]{3}$/, "three capital letters, such as USD") ?? "USD",
    telephonyPerMinute: price("telephony_per_minute"),
    sttPerMinute: price("stt_per_minute"),
    llmInputPerMillion: price("llm_input_per_million"),
    llmOutputPerMillion: price("llm_output_per_million"),
    ttsPerMillionCharacters: price("tts_per_million_characters"),
  };
  fields.finish();
  return prices;
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const NAME = "PRICES";
/** Currencies with many digits fit; a slip of the keyboard does not. */
const HIGHEST = 100_000_000;
const EXAMPLE = '{"currency": "USD", "telephony_per_minute": 0.0085}';

import type { CallUsage } from "./call-usage.ts";

/** What is paid for what calls use, each 0 or more. */
export interface Prices {
  /** ISO 4217, such as `USD`. */
  readonly currency: string;
  readonly telephonyPerMinute: number;
  readonly sttPerMinute: number;
  /** For a million tokens that the model reads, and writes. */
  readonly llmInputPerMillion: number;
  readonly llmOutputPerMillion: number;
  readonly ttsPerMillionCharacters: number;
}

/** What a call cost, in `currency`, to a millionth. `total` is the sum of the parts. */
export interface CallCost {
  readonly currency: string;
  readonly telephony: number;
  readonly stt: number;
  readonly llm: number;
  readonly tts: number;
  readonly total: number;
}

/** Time counts to the millisecond: what a vendor rounds up is not known here. */
export function costOf(usage: CallUsage, prices: Prices): CallCost {
  // In whole millionths, so that the sum is exact.
  const telephony = Math.round((usage.telephony / MINUTE) * prices.telephonyPerMinute * MILLION);
  const stt = Math.round((usage.stt / MINUTE) * prices.sttPerMinute * MILLION);
  const llm = Math.round(
    usage.inputTokens * prices.llmInputPerMillion + usage.outputTokens * prices.llmOutputPerMillion,
  );
  const tts = Math.round(usage.ttsCharacters * prices.ttsPerMillionCharacters);
  return {
    currency: prices.currency,
    telephony: telephony / MILLION,
    stt: stt / MILLION,
    llm: llm / MILLION,
    tts: tts / MILLION,
    total: (telephony + stt + llm + tts) / MILLION,
  };
}

const MINUTE = 60_000;
const MILLION = 1_000_000;

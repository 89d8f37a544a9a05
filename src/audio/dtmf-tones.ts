import { BYTES_PER_MS, SAMPLE_RATE, SILENCE } from "./audio-format.ts";
import { encodeMulaw } from "./mulaw.ts";

/** Keys by row and column, and the frequencies of both in Hz (ITU-T Q.23). */
const KEYPAD = ["123A", "456B", "789C", "*0#D"];
const ROWS = [697, 770, 852, 941] as const;
const COLUMNS = [1209, 1336, 1477, 1633] as const;

/**
 * Levels of the two tones in dBm0, the higher one louder by 2 dB against the line's loss at high frequencies.
 * Receivers take 0 to -25 dBm each, up to 4 dB apart in that direction (ITU-T Q.24, table A-1).
 */
const ROW_LEVEL = -9;
const COLUMN_LEVEL = -7;

/** A full-scale sine in μ-law is 3.17 dBm0 (ITU-T G.711), with this peak in 16-bit samples. */
const FULL_SCALE_DBM0 = 3.17;
const FULL_SCALE = 32636;

export interface DtmfTimes {
  /** Length of each tone in ms; 40 to 1000, default 100. No receiver need notice one shorter than 40 (Q.24). */
  readonly tone?: number;
  /** Silence after each tone in ms; 40 to 1000, default 60. */
  readonly pause?: number;
}

/** Keys in one go: a card's number and a PIN take half as many. */
const MOST_KEYS = 64;
/** What `w` stands for in ms, as in the digits that Twilio dials (`sendDigits`). */
const WAIT = 500;
/** The tone swells and fades so long, in ms: without it each edge is a click. */
const EDGE = 2;

/**
 * Keys of a telephone as μ-law 8 kHz: a tone and a pause for each, 160 ms by default.
 * @param keys 1 to 64 of `0-9 * # A-D` (small letters as well); `w` is silence of 500 ms.
 * @throws RangeError when there is another character, none, too many, or a time out of its range.
 */
export function dtmfTones(keys: string, { tone = 100, pause = 60 }: DtmfTimes = {}): Uint8Array {
  if (keys === "" || keys.length > MOST_KEYS) {
    throw new RangeError(`${keys.length} keys: give 1 to ${MOST_KEYS}`);
  }
  for (const [name, time] of Object.entries({ tone, pause })) {
    if (!(time >= 40 && time <= 1000)) throw new RangeError(`A ${name} of ${time} ms: give 40 to 1000`);
  }
  const gap = new Uint8Array(Math.round(pause * BYTES_PER_MS)).fill(SILENCE);
  const parts = [...keys].flatMap((key) =>
    key.toLowerCase() === "w"
      ? [new Uint8Array(WAIT * BYTES_PER_MS).fill(SILENCE)]
      : [keyTone(key, Math.round(tone * BYTES_PER_MS)), gap],
  );
  return Uint8Array.from(Buffer.concat(parts));
}

/** One key's tone. The position of a key that is none is not told: keys may be secret. */
function keyTone(key: string, length: number): Uint8Array {
  const row = KEYPAD.findIndex((keys) => keys.includes(key.toUpperCase()));
  const column = KEYPAD[row]?.indexOf(key.toUpperCase()) ?? -1;
  const [low, high] = [ROWS[row], COLUMNS[column]];
  if (low === undefined || high === undefined) {
    throw new RangeError("A key that no telephone has: give 0-9, *, #, A-D or w");
  }
  const samples = Int16Array.from({ length }, (_, i) => {
    const edge = Math.min(1, (i + 1) / (EDGE * BYTES_PER_MS), (length - i) / (EDGE * BYTES_PER_MS));
    return edge * (sine(low, ROW_LEVEL, i) + sine(high, COLUMN_LEVEL, i));
  });
  return encodeMulaw(samples);
}

function sine(frequency: number, level: number, sample: number): number {
  const peak = FULL_SCALE * 10 ** ((level - FULL_SCALE_DBM0) / 20);
  return peak * Math.sin((2 * Math.PI * frequency * sample) / SAMPLE_RATE);
}

import type { SpokenFinal } from "../src/simulation/stand-ins/deepgram-session.ts";
import type { StandInEntry } from "../src/simulation/stand-ins/stand-in.ts";
import { breakDown, type TurnBreakdown, type TurnTimes } from "./turn-breakdown.ts";
import { markerIn } from "./turn-marker.ts";

/** Requests, voices and unfinished turns remembered; the oldest go first. More than a minute of 400 calls. */
const REMEMBERED = 5_000;

interface ModelReply {
  readonly tokens: { readonly at: number; readonly end: number }[];
  length: number;
}

interface Voice {
  text: string;
  /** Letters of the text that was flushed first. */
  flushedLength: number;
  flushed: number | undefined;
  spoken: number | undefined;
}

/**
 * Puts together what phones and vendors saw of each turn. Pure: entries come in in any order, times are theirs.
 * The logs are those of the stand-ins (`src/simulation/stand-ins`).
 */
export class TurnTrace {
  readonly #turns = new Map<string, { -readonly [Name in keyof TurnTimes]?: number }>();
  readonly #replies = new Map<number, ModelReply>();
  readonly #replyOf = new Map<string, ModelReply>();
  readonly #voices = new Map<string, Voice>();
  readonly #voiceOf = new Map<string, Voice>();

  /** What the phone saw. */
  heard(marker: string, seen: Pick<TurnTimes, "voiceEnd" | "silenceEnd" | "heard">): void {
    Object.assign(this.#turn(marker), seen);
  }

  final({ text, decidedAt, sentAt }: SpokenFinal): void {
    const marker = markerIn(text);
    if (marker !== undefined) Object.assign(this.#turn(marker), { decided: decidedAt, finalSent: sentAt });
  }

  /** The model's service had the request of this turn. */
  requested(marker: string, at: number): void {
    this.#turn(marker).requested = at;
  }

  /** An entry of the model's log. */
  model({ connection, what, detail = "", at }: StandInEntry): void {
    if (what !== "token") return;
    const reply = remember(this.#replies, connection, () => ({ tokens: [], length: 0 }));
    reply.length += lettersIn(detail);
    reply.tokens.push({ at, end: reply.length });
    const marker = markerIn(detail);
    if (marker !== undefined) remember(this.#replyOf, marker, () => reply);
  }

  /** An entry of the voice's log. */
  voice({ connection, what, detail = "", at }: StandInEntry): void {
    const [context = "", text = ""] = splitOnce(detail);
    const voice = remember(this.#voices, `${connection} ${context}`, () => ({
      text: "",
      flushedLength: 0,
      flushed: undefined,
      spoken: undefined,
    }));
    if (what === "text") voice.text += text;
    else if (what === "flush" || what === "threshold") this.#flushed(voice, at);
    else if (what === "audio") voice.spoken ??= at;
    const marker = what === "text" ? markerIn(voice.text) : undefined;
    if (marker !== undefined) remember(this.#voiceOf, marker, () => voice);
  }

  /** The turns of which everything is known, once each. */
  take(): TurnBreakdown[] {
    const whole: TurnBreakdown[] = [];
    for (const [marker, turn] of this.#turns) {
      const reply = this.#replyOf.get(marker);
      const voice = this.#voiceOf.get(marker);
      const clauseSent = reply?.tokens.find(({ end }) => end >= (voice?.flushedLength ?? Infinity))?.at;
      const times = { ...turn, clauseSent, flushed: voice?.flushed, spoken: voice?.spoken };
      if (!isWhole(times)) continue;
      whole.push(breakDown(times));
      for (const map of [this.#turns, this.#replyOf, this.#voiceOf]) map.delete(marker);
    }
    return whole;
  }

  #turn(marker: string): { -readonly [Name in keyof TurnTimes]?: number } {
    return remember(this.#turns, marker, () => ({}));
  }

  #flushed(voice: Voice, at: number): void {
    if (voice.flushed !== undefined) return;
    voice.flushed = at;
    voice.flushedLength = lettersIn(voice.text);
  }
}

function isWhole(
  times: Readonly<Record<string, number | undefined>>,
): times is Record<string, number> & TurnTimes {
  const { voiceEnd, silenceEnd, decided, finalSent, requested, clauseSent, flushed, spoken, heard } = times;
  const all = [voiceEnd, silenceEnd, decided, finalSent, requested, clauseSent, flushed, spoken, heard];
  return all.every((time) => time !== undefined && Number.isFinite(time));
}

function remember<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value as Key);
  return value;
}

/** Spaces may be moved between model and voice. */
function lettersIn(text: string): number {
  return text.replace(/\s/g, "").length;
}

function splitOnce(detail: string): [string, string] {
  const space = detail.indexOf(" ");
  return space < 0 ? [detail, ""] : [detail.slice(0, space), detail.slice(space + 1)];
}

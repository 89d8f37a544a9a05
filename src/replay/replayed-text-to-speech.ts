import type { VoiceEntry } from "../journal/journal-line.ts";
import type { SpeechEvent, TextToSpeech, Utterance, VoiceConnection } from "../pipeline/text-to-speech.ts";
import type { Clock } from "../runtime/clock.ts";
import { PacedUtterance } from "./paced-utterance.ts";
import { ReplayedUtterance } from "./replayed-utterance.ts";
import { type KeptUtterance, paceOf } from "./voice-pace.ts";

/**
 * The voice of a journal, with silence for sound. As it was, the n-th utterance is the n-th of the journal. When
 * something was changed, it is the whole one that begins with the same words; other words are spoken at the pace of
 * the journal's voice.
 */
export function replayedTextToSpeech(
  name: string,
  entries: readonly VoiceEntry[],
  clock: Clock,
  changed: boolean,
): TextToSpeech {
  const kept = keptUtterances(entries);
  let utterances = 0;
  const speak = (listener: (event: SpeechEvent) => void): Utterance => {
    if (changed) return chosenByWords(kept, clock, listener);
    return new ReplayedUtterance(kept[utterances++]?.pieces ?? [], clock, listener);
  };
  return { name, open: (): VoiceConnection => ({ speak, close: async () => {} }) };
}

function keptUtterances(entries: readonly VoiceEntry[]): KeptUtterance[] {
  const count = entries.filter(({ k }) => k === "speak").length;
  return Array.from({ length: count }, (_, index) => {
    const own = entries.filter(({ u }) => u === index + 1);
    const pieces = own.filter((entry) => entry.k === "voice");
    return {
      text: own.map((entry) => (entry.k === "write" ? entry.text : "")).join(""),
      pieces,
      whole: pieces.some(({ e }) => e.type !== "audio"),
    };
  });
}

/** Which one it is shows with its first words. */
function chosenByWords(
  kept: readonly KeptUtterance[],
  clock: Clock,
  listener: (event: SpeechEvent) => void,
): Utterance {
  let chosen: Utterance | undefined;
  const choose = (text: string): Utterance => {
    const same = kept.find((utterance) => utterance.whole && utterance.text.startsWith(text));
    return same === undefined
      ? new PacedUtterance(paceOf(kept), clock, listener)
      : new ReplayedUtterance(same.pieces, clock, listener);
  };
  return {
    write(text) {
      chosen ??= choose(text);
      chosen.write(text);
    },
    flush: () => chosen?.flush(),
    end() {
      chosen ??= choose("");
      chosen.end();
    },
    cancel: () => chosen?.cancel(),
  };
}

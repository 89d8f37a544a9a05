import type { PhraseEntry } from "../journal/journal-line.ts";
import { type PhraseCache, PhraseRecording } from "../pipeline/phrase-cache.ts";
import type { VoiceConnection } from "../pipeline/text-to-speech.ts";
import { withSilence } from "./replayed-utterance.ts";

/** The phrase cache as the call found it: what was in it then comes at once, anything else is spoken. */
export function replayedPhrases(
  entries: readonly PhraseEntry[],
  changed: boolean,
): Pick<PhraseCache, "recording"> {
  let asked = 0;
  return {
    recording(_, text, connection) {
      const nth = entries[asked++];
      const entry = changed ? entries.find((one) => one.text === text && one.events !== undefined) : nth;
      const from = entry?.events === undefined ? connection : atOnce(entry.events);
      return new PhraseRecording(from, text, () => {});
    },
  };
}

function atOnce(events: NonNullable<PhraseEntry["events"]>): VoiceConnection {
  const nothing = (): void => {};
  return {
    speak(listener) {
      for (const event of events) listener(withSilence(event));
      return { write: nothing, flush: nothing, end: nothing, cancel: nothing };
    },
    close: async () => {},
  };
}

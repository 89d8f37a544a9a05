import type { PhraseEntry } from "../journal/journal-line.ts";
import { type PhraseCache, PhraseRecording } from "../pipeline/phrase-cache.ts";
import type { VoiceConnection } from "../pipeline/text-to-speech.ts";
import { withSilence } from "./replayed-utterance.ts";

/** The phrase cache as the call found it: what was in it then comes at once, anything else is spoken. */
export function replayedPhrases(
  entries: readonly PhraseEntry[],
  changed: boolean,
): Pick<PhraseCache, "recording" | "kept"> {
  let asked = 0;
  const eventsOf = (text: string): PhraseEntry["events"] => {
    const nth = entries[asked++];
    return changed
      ? entries.find((one) => one.text === text && one.events !== undefined)?.events
      : nth?.events;
  };
  return {
    recording(_, text, connection) {
      const events = eventsOf(text);
      return new PhraseRecording(events === undefined ? connection : atOnce(events), text, () => {});
    },
    kept(_, text) {
      const events = eventsOf(text);
      return events && new PhraseRecording(atOnce(events), text, () => {});
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

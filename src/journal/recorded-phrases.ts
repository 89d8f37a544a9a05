import type { PhraseCache } from "../pipeline/phrase-cache.ts";
import type { CallJournal } from "./call-journal.ts";
import type { VoiceEvent } from "./journal-line.ts";
import { withoutSound } from "./recorded-text-to-speech.ts";

/** The phrase cache, with what it had of each phrase that was asked for written down. */
export function recordedPhrases(
  inner: Pick<PhraseCache, "recording">,
  journal: CallJournal,
): Pick<PhraseCache, "recording"> {
  return {
    recording(voice, text, connection) {
      let spoken = false;
      const recording = inner.recording(voice, text, {
        speak(listener) {
          if (!spoken) journal.note({ k: "phrase", text });
          spoken = true;
          return connection.speak(listener);
        },
        close: () => connection.close(),
      });
      if (spoken) return recording;
      const events: VoiceEvent[] = [];
      recording.play((event) => events.push(withoutSound(event))).cancel(); // complete, so it comes at once
      journal.note({ k: "phrase", text, events });
      return recording;
    },
  };
}

import type { PhraseCache, PhraseRecording } from "../pipeline/phrase-cache.ts";
import type { CallJournal } from "./call-journal.ts";
import type { VoiceEvent } from "./journal-line.ts";
import { withoutSound } from "./recorded-text-to-speech.ts";

/** The phrase cache, with what it had of each phrase that was asked for written down. */
export function recordedPhrases(
  inner: Pick<PhraseCache, "recording" | "kept">,
  journal: CallJournal,
): Pick<PhraseCache, "recording" | "kept"> {
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
      if (!spoken) journal.note({ k: "phrase", text, events: eventsOf(recording) });
      return recording;
    },
    kept(voice, text) {
      const recording = inner.kept(voice, text);
      journal.note({ k: "phrase", text, ...(recording && { events: eventsOf(recording) }) });
      return recording;
    },
  };
}

/** Of a complete one, so they come at once. */
function eventsOf(recording: PhraseRecording): VoiceEvent[] {
  const events: VoiceEvent[] = [];
  recording.play((event) => events.push(withoutSound(event))).cancel();
  return events;
}

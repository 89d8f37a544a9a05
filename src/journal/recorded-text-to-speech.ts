import type { SpeechEvent, TextToSpeech, Utterance, VoiceConnection } from "../pipeline/text-to-speech.ts";
import type { CallJournal } from "./call-journal.ts";
import type { VoiceEvent } from "./journal-line.ts";

/** The voice, with the length and the character times of everything that it says written down. */
export function recordedTextToSpeech(inner: TextToSpeech, journal: CallJournal): TextToSpeech {
  return {
    name: inner.name,
    open(options): VoiceConnection {
      const connection = inner.open(options);
      return {
        speak: (listener) => recordedUtterance(connection, journal, listener),
        close: () => connection.close(),
      };
    },
  };
}

function recordedUtterance(
  connection: VoiceConnection,
  journal: CallJournal,
  listener: (event: SpeechEvent) => void,
): Utterance {
  const u = journal.nextUtterance();
  let inputs = 0;
  let inputAt = journal.now();
  let within = true;
  journal.note({ k: "speak", t: inputAt, u });
  const utterance = connection.speak((event) => {
    const dt = journal.since(inputAt);
    const e = withoutSound(event);
    journal.note({ k: "voice", u, after: inputs, dt, ...(within && { sync: true as const }), e });
    listener(event);
  });
  within = false;
  const input = (run: () => void): void => {
    inputs += 1;
    inputAt = journal.now();
    within = true;
    try {
      run();
    } finally {
      within = false;
    }
  };
  return {
    write(text) {
      journal.note({ k: "write", u, text });
      input(() => utterance.write(text));
    },
    flush: () => input(() => utterance.flush()),
    end: () => input(() => utterance.end()),
    cancel: () => utterance.cancel(),
  };
}

/** What of the event decisions depend on. */
export function withoutSound(event: SpeechEvent): VoiceEvent {
  if (event.type === "done") return event;
  if (event.type === "failed") {
    const { code, message } = event.error;
    return { type: "failed", error: { code, message } };
  }
  const { mulaw, characters } = event;
  return { type: "audio", bytes: mulaw.length, ...(characters && { characters }) };
}

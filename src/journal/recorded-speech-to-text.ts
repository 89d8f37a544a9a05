import type { SpeechToText, TranscriptEvent, TranscriptionStream } from "../pipeline/speech-to-text.ts";
import type { CallJournal } from "./call-journal.ts";
import type { HeardEntry } from "./journal-line.ts";

/** The recogniser, with everything that it tells written down. */
export function recordedSpeechToText(inner: SpeechToText, journal: CallJournal): SpeechToText {
  return {
    name: inner.name,
    endpoints: inner.endpoints,
    punctuates: inner.punctuates,
    open(options, listener): TranscriptionStream {
      const calls = { push: 0, finalize: 0 };
      let within: HeardEntry["in"];
      const stream = inner.open(options, (event) => {
        journal.note({ k: "stt", t: journal.now(), e: written(event), ...(within && { in: within }) });
        listener(event);
      });
      /** Does one call of the stream; what the recogniser tells meanwhile belongs to it. */
      const during = (call: "push" | "finalize", run: () => void): void => {
        const outer = within;
        within = { call, n: ++calls[call] };
        try {
          run();
        } finally {
          within = outer;
        }
      };
      return {
        push: (mulaw) => during("push", () => stream.push(mulaw)),
        finalize: () => during("finalize", () => stream.finalize()),
        hint: (phrases) => stream.hint(phrases),
        close: () => stream.close(),
      };
    },
  };
}

function written(event: TranscriptEvent): HeardEntry["e"] {
  if (event.type !== "failed") return event;
  const { code, message } = event.error;
  return { type: "failed", error: { code, message } };
}

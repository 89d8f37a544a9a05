import type { SpeechDetector } from "../audio/voice-activity.ts";
import type { SpeechChange } from "../journal/journal-line.ts";

/** Tells what was found in sound that is gone: of each frame, by its number. */
export function keptSpeech(changes: readonly SpeechChange[]): SpeechDetector {
  const byFrame = new Map(changes.map((change) => [change.n, change]));
  let frames = 0;
  let last: SpeechChange | undefined;
  return {
    feed() {
      const found = byFrame.get(++frames);
      last = found ?? last;
      return found?.change;
    },
    get since() {
      return last?.since ?? 0;
    },
    get speaking() {
      return last?.change === "speech-started";
    },
    close: () => {},
  };
}

/** A detector, with everything that it finds written down in `changes`. */
export function notedSpeech(inner: SpeechDetector, changes: SpeechChange[]): SpeechDetector {
  let frames = 0;
  return {
    feed(frame, at) {
      frames += 1;
      const change = inner.feed(frame, at);
      if (change !== undefined) changes.push({ n: frames, change, since: inner.since });
      return change;
    },
    get since() {
      return inner.since;
    },
    get speaking() {
      return inner.speaking;
    },
    close: () => inner.close(),
  };
}

/** Speaking rate of the growing interim texts. */
const MS_PER_WORD = 350;

/** What is "recognised": a function of the utterance (from 1, per connection), or a list that repeats. */
export type DeepgramTranscript =
  | string
  | readonly string[]
  | ((utterance: number, connection: number) => string)
  | TranscriptReader;

/** Recognises the audio itself. */
export interface TranscriptReader {
  /** The words in the μ-law of an utterance so far. */
  read(mulaw: Uint8Array, connection: number): string;
}

/** Whether the audio counts, so that it must be kept. */
export function readsAudio(script: DeepgramTranscript): script is TranscriptReader {
  return typeof script === "object" && "read" in script;
}

export interface DeepgramWord {
  readonly word: string;
  readonly punctuated_word: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
}

/** @param mulaw the audio of the utterance so far. */
export function transcriptOf(
  script: DeepgramTranscript,
  utterance: number,
  connection: number,
  mulaw: () => Uint8Array,
): string {
  if (readsAudio(script)) return script.read(mulaw(), connection);
  if (typeof script === "function") return script(utterance, connection);
  if (typeof script === "string") return script;
  return script[(utterance - 1) % script.length] ?? "";
}

/** The words that would be understood after so many ms of speech: one at once, all of them in the end. */
export function wordsAfter(text: string, speech: number): string {
  const words = text.split(" ");
  return words.slice(0, 1 + Math.floor(speech / MS_PER_WORD)).join(" ");
}

/** Lower case without marks, as the vendor writes when no punctuation was asked for. */
export function unpunctuated(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}' -]/gu, "");
}

/** The words of `text` spread evenly between two times (ms of audio); times in seconds, as the vendor gives them. */
export function wordTimes(text: string, from: number, to: number, confidence: number): DeepgramWord[] {
  if (text === "") return [];
  const words = text.split(" ");
  const each = (to - from) / words.length;
  return words.map((word, index) => ({
    word: unpunctuated(word),
    punctuated_word: word,
    start: (from + index * each) / 1000,
    end: (from + (index + 1) * each) / 1000,
    confidence,
  }));
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeMulaw } from "../src/audio/mulaw.ts";
import { readWav } from "../src/audio/wav.ts";

const FOLDER = join(import.meta.dirname, "../test/fixtures/speech");

export type FixtureKind =
  | "utterance"
  | "condition"
  | "pause-heavy"
  | "backchannel"
  | "sound"
  | "dtmf"
  | "silence";

/** Sound between two pauses; times in ms from the start of the file. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** One recording of `test/fixtures/speech`, and what is known of it. */
export interface SpeechFixture {
  /** Of the file, without `.wav`. */
  readonly name: string;
  readonly kind: FixtureKind;
  /** What is said, with its marks. */
  readonly text: string;
  readonly mulaw: Uint8Array;
  /** At least one where there is speech, in order. */
  readonly stretches: readonly Stretch[];
}

interface Description {
  readonly kind: FixtureKind;
  readonly text: string;
  readonly pauses: readonly Stretch[];
  readonly speechStart: number | null;
  readonly speechEnd: number | null;
}

let described: Readonly<Record<string, Description>> | undefined;

/** All recordings of these kinds, by name. */
export function speechFixtures(...kinds: readonly FixtureKind[]): readonly SpeechFixture[] {
  described ??= JSON.parse(readFileSync(join(FOLDER, "transcripts.json"), "utf8")) as Record<
    string,
    Description
  >;
  return Object.entries(described)
    .filter(([, { kind }]) => kinds.includes(kind))
    .map(([file, { kind, text, pauses, speechStart, speechEnd }]) => ({
      name: file.replace(/\.wav$/, ""),
      kind,
      text,
      mulaw: encodeMulaw(readWav(readFileSync(join(FOLDER, file))).channels[0] ?? new Int16Array(0)),
      stretches: stretchesOf(speechStart, speechEnd, pauses),
    }));
}

/** What lies between the pauses. */
export function stretchesOf(
  start: number | null,
  end: number | null,
  pauses: readonly Stretch[],
): readonly Stretch[] {
  if (start === null || end === null) return [];
  const starts = [start, ...pauses.map((pause) => pause.end)];
  const ends = [...pauses.map((pause) => pause.start), end];
  return starts.map((from, index) => ({ start: from, end: ends[index] as number }));
}

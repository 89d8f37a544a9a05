import { BYTES_PER_MS } from "../../audio/audio-format.ts";
import type { BuzzReader } from "../stand-ins/buzz-reader.ts";
import type { PlayedPiece } from "./playback-buffer.ts";

/** A word does not go on after a longer silence. In ms. */
const WORD_PAUSE = 250;

/** A word that a caller has heard. Times in ms of the call. */
export interface HeardWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Nothing of it was cut off. */
  readonly whole: boolean;
}

/** The words in what was played, in order: what a stand-in's voice has said, as it reached the ear. */
export function heardWords(played: readonly PlayedPiece[], reader: BuzzReader): readonly HeardWord[] {
  return runsOf(played).flatMap((run) => wordsOf(run, reader));
}

/** Pieces that follow each other closely. */
function runsOf(played: readonly PlayedPiece[]): readonly PlayedPiece[][] {
  const runs: PlayedPiece[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const piece of played) {
    if (piece.start - end > WORD_PAUSE) runs.push([]);
    runs.at(-1)?.push(piece);
    end = piece.start + piece.mulaw.length / BYTES_PER_MS;
  }
  return runs;
}

function wordsOf(run: readonly PlayedPiece[], reader: BuzzReader): readonly HeardWord[] {
  const places: number[] = [];
  let length = 0;
  for (const { mulaw } of run) {
    places.push(length);
    length += mulaw.length;
  }
  const timeOf = (place: number): number => {
    const index = places.findLastIndex((start) => start <= place);
    return (run[index]?.start ?? 0) + (place - (places[index] ?? 0)) / BYTES_PER_MS;
  };
  return reader.read(Buffer.concat(run.map(({ mulaw }) => mulaw))).map(({ text, start, end, whole }) => ({
    text,
    start: timeOf(start),
    end: timeOf(end - 1) + 1 / BYTES_PER_MS,
    whole,
  }));
}

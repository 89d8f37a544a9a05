import { durationOf } from "../audio/audio-format.ts";
import type { VoiceEvent } from "../journal/journal-line.ts";

/** How fast a voice is, for words that the journal does not have. */
export interface VoicePace {
  /** From the words to their first sound, in ms. */
  readonly firstByte: number;
  /** In ms; at least 1. */
  readonly perCharacter: number;
}

/** One piece of an utterance as the journal has it; see `VoiceEntry`. */
export interface VoicePiece {
  readonly after: number;
  readonly dt: number;
  readonly sync?: true;
  readonly e: VoiceEvent;
}

/** One utterance of the journal. */
export interface KeptUtterance {
  readonly text: string;
  readonly pieces: readonly VoicePiece[];
  /** It came to its end, and was not cancelled. */
  readonly whole: boolean;
}

/** Of the whole utterances: the mean of each; a usual voice's when there is none. */
export function paceOf(utterances: readonly KeptUtterance[]): VoicePace {
  const whole = utterances.filter((utterance) => utterance.whole && utterance.text !== "");
  const characters = whole.reduce((sum, { text }) => sum + text.length, 0);
  if (characters === 0) return { firstByte: 150, perCharacter: 65 };
  const sound = whole.reduce((sum, { pieces }) => sum + soundIn(pieces), 0);
  const waits = whole.reduce((sum, { pieces }) => sum + (pieces[0]?.dt ?? 0), 0);
  return {
    firstByte: Math.round(waits / whole.length),
    perCharacter: Math.max(1, Math.round(sound / characters)),
  };
}

/** In ms. */
export function soundIn(pieces: readonly { readonly e: VoiceEvent }[]): number {
  return pieces.reduce((sum, { e }) => sum + (e.type === "audio" ? durationOf(e.bytes) : 0), 0);
}

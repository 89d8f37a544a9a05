import { AgentSpeech } from "./agent-speech.ts";
import { AgentTurn } from "./agent-turn.ts";
import { AudioGate } from "./audio-gate.ts";
import type { Playback } from "./playback.ts";
import type { SpeechEvent, Utterance } from "./text-to-speech.ts";

/** A turn of the agent that is written and never sounds here: the carrier says it. */
export interface WrittenTurn {
  readonly turn: AgentTurn;
  /**
   * Writes the turn by the same rules by which a voice is given its words (no formatting, no pictographs; numbers,
   * dates and amounts as words where the language has rules), so that the history and the transcript of a call are
   * the same whoever says them.
   */
  readonly speech: AgentSpeech;
}

/** @param language BCP 47. */
export function writtenTurn(number: number, language: string): WrittenTurn {
  const turn = new AgentTurn(number, new AudioGate(number, noEar, false));
  return { turn, speech: new AgentSpeech({ turn, language, speak: withoutVoice, reached: () => {} }) };
}

/** The ear of a caller to whom no audio of ours goes. */
export const noEar: Playback = {
  play() {},
  playFinished() {},
  clear: () => [],
  conceal: () => {},
  heard: () => 0,
  pending: 0,
};

/** A voice that has said everything as soon as it is written. */
function withoutVoice(listener: (event: SpeechEvent) => void): Utterance {
  return { write() {}, flush() {}, end: () => listener({ type: "done" }), cancel() {} };
}

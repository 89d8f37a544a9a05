import type { SpeechEvent, Utterance, VoiceConnection } from "../../src/pipeline/text-to-speech.ts";

/** An utterance, and what was heard of it so far. */
export interface Speech {
  readonly utterance: Utterance;
  readonly events: SpeechEvent[];
}

export function begin(connection: VoiceConnection): Speech {
  const events: SpeechEvent[] = [];
  return { utterance: connection.speak((event) => events.push(event)), events };
}

export function say(connection: VoiceConnection, ...pieces: string[]): Speech {
  const speech = begin(connection);
  for (const piece of pieces) speech.utterance.write(piece);
  speech.utterance.end();
  return speech;
}

export function ended({ events }: Speech): boolean {
  const last = events.at(-1)?.type;
  return last === "done" || last === "failed";
}

export function errorOf({ events }: Speech): string | undefined {
  const last = events.at(-1);
  return last?.type === "failed" ? last.error.code : undefined;
}

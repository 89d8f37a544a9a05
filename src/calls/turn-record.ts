/**
 * What one turn spent where, in whole ms. The parts add up exactly to `total`: from the end of the caller's
 * speech to the first audio that the caller heard (or that was sent, if it was never heard).
 */
export interface TurnRecord {
  readonly turn: number;
  /** When the caller had finished speaking, whole Unix ms. */
  readonly speechEndedAt: number;
  readonly parts: Readonly<Record<TurnPart, number>>;
  readonly total: number;
  /** Names of those who answered for the stages; unset where nobody did. */
  readonly providers: { readonly stt?: string; readonly llm?: string; readonly tts?: string };
  readonly interrupted: boolean;
}

/**
 * In the order in which a turn goes through them: waiting for the end of the turn, for the recogniser's final
 * words, for the model's first token and first clause, for the voice's first byte, for the pacer, for the ear.
 * What was there before its predecessor, such as a reply made ahead, took 0 ms.
 */
export const turnParts = [
  "endpoint",
  "stt-final",
  "first-token",
  "first-clause",
  "first-byte",
  "sent",
  "heard",
] as const;

export type TurnPart = (typeof turnParts)[number];

/** A turn record as it is kept. */
export interface StoredTurn {
  readonly sessionId: number;
  readonly record: TurnRecord;
}

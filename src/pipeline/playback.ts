/**
 * Port: the caller's ear. Audio given here is played in order; what the caller has really heard comes back.
 * Implemented by the media gateway from Twilio's marks.
 */
export interface Playback {
  /** Audio of a turn, after what was given before. The buffer passes to the playback. */
  play(turn: number, mulaw: Uint8Array): void;
  /** No more audio comes for this turn: tell when its last sample was played. */
  playFinished(turn: number): void;
  /** Stops at once and forgets all that was not played. Answers how much of each turn was heard. */
  clear(): readonly HeardTurn[];
  /** How much of a turn the caller has heard by now, in ms; 0 for a turn that was played out or cleared. */
  heard(turn: number): number;
  /**
   * Keeps nothing of the caller's sound for the next so many ms, or not until told otherwise (`Infinity`): keys
   * that are a secret can be heard in it. Takes the place of what was asked before.
   */
  conceal(ms: number): void;
  /** Audio accepted and not yet played, in ms. */
  readonly pending: number;
}

export interface HeardTurn {
  readonly turn: number;
  /** Audio of the turn that the caller has heard, in ms. */
  readonly heard: number;
}

export interface PlaybackListener {
  /** The caller has heard so much of the turn; comes several times a second while it plays. */
  heard(progress: HeardTurn): void;
  /** All of a finished turn was heard. */
  finished(turn: number): void;
  /** The first audio of the turn left for the caller. */
  started(turn: number): void;
}

/** When the parts of one turn happened, all on one clock, in ms. */
export interface TurnTimes {
  /** The frame with the last of the caller's voice left the phone. */
  readonly voiceEnd: number;
  /** The frame left that completes the silence which the recogniser waits for. */
  readonly silenceEnd: number;
  /** That silence had arrived at the recogniser. */
  readonly decided: number;
  /** The recogniser sent its final result. */
  readonly finalSent: number;
  /** The model's service had the request. */
  readonly requested: number;
  /** It sent the token that completes the first text flushed to the voice. */
  readonly clauseSent: number;
  /** The voice's service had that flush. */
  readonly flushed: number;
  /** It sent the first audio. */
  readonly spoken: number;
  /** The first audio of the reply arrived at the phone. */
  readonly heard: number;
}

/** One turn, in ms. `total` = `imposed` + `own`; `own` is the sum of the four ways through the gateway. */
export interface TurnBreakdown {
  readonly heardAt: number;
  readonly total: number;
  /** What recogniser, model and voice take one after another, whatever carries between them. */
  readonly imposed: number;
  readonly own: number;
  /** Part of `imposed`: the silence after which the utterance was over, for the recogniser or by a `Finalize`. */
  readonly pause: number;
  /** Caller's frame → recogniser. Joining frames before sending them counts here; 0 when `Finalize` came first. */
  readonly uplink: number;
  /** Final result → request to the model. */
  readonly toModel: number;
  /** Last token of the first clause → its flush at the voice. */
  readonly toVoice: number;
  /** First audio → the phone. */
  readonly downlink: number;
}

export function breakDown(times: TurnTimes): TurnBreakdown {
  const pause = Math.min(times.decided, times.silenceEnd) - times.voiceEnd;
  const uplink = Math.max(0, times.decided - times.silenceEnd);
  const toModel = times.requested - times.finalSent;
  const toVoice = times.flushed - times.clauseSent;
  const downlink = times.heard - times.spoken;
  const own = uplink + toModel + toVoice + downlink;
  const total = times.heard - times.voiceEnd;
  return {
    heardAt: times.heard,
    total,
    imposed: total - own,
    own,
    pause,
    uplink,
    toModel,
    toVoice,
    downlink,
  };
}

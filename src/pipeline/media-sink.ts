import type { Playback, PlaybackListener } from "./playback.ts";

/** What a call's media stream drives: the conversation, seen from the wire. */
export interface MediaSink extends PlaybackListener {
  /** The media is up in both directions; comes once and first. */
  open(playback: Playback): void;
  /** The caller's μ-law, in order, gaps filled; the buffer is the sender's again when this returns. */
  audio(mulaw: Uint8Array): void;
  /** A key: `0`–`9`, `*`, `#`, `A`–`D`. */
  dtmf(digit: string): void;
}

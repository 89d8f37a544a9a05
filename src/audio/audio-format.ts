/**
 * The one audio format on the path of a call: G.711 μ-law, 8 kHz, mono, no header (Twilio Media Streams,
 * `audio/x-mulaw`). One byte is one sample.
 */
export const SAMPLE_RATE = 8000;

/** 8 bytes are 1 ms. */
export const BYTES_PER_MS = SAMPLE_RATE / 1000;

/** What Twilio sends in one media message, by every implementer's account (not promised by its page). */
export const FRAME_MS = 20;
export const FRAME_BYTES = FRAME_MS * BYTES_PER_MS;

/** Digital silence in μ-law. Not 0x00, which is full-scale negative. */
export const SILENCE = 0xff;

/** Duration of so many bytes of μ-law, in ms. */
export function durationOf(bytes: number): number {
  return bytes / BYTES_PER_MS;
}

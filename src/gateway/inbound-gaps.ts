import { durationOf } from "../audio/audio-format.ts";

/**
 * Finds audio that never arrived. Twilio stamps each media message with its place in the stream's audio
 * (`media.timestamp`, ms) and drops messages when the way to us is congested (warning 31930), so frames that
 * follow each other on the socket need not follow each other in time.
 */
export class InboundGaps {
  /** Where the next frame is expected, in ms; unknown before the first. */
  #expected: number | undefined;

  /**
   * @returns ms of audio missing before this frame, 0 for none. Half a frame of slack: stamps are whole
   * milliseconds. At most 10 s, as much as makes sense to a recogniser; a stamp that goes back is no gap.
   */
  missingBefore(timestamp: number, bytes: number): number {
    const expected = this.#expected ?? timestamp;
    if (Number.isNaN(timestamp)) return 0;
    this.#expected = Math.max(expected, timestamp) + durationOf(bytes);
    const missing = timestamp - expected;
    return missing > SLACK ? Math.min(missing, LONGEST) : 0;
  }
}

const SLACK = 10;
const LONGEST = 10_000;

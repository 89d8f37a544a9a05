/** What can be wrong with what comes in on a media socket; each has one outcome (`docs/media-input.md`). */
export type MediaProblem =
  | "not-json"
  | "binary"
  | "unknown-event"
  | "invalid-message"
  | "bad-payload"
  | "media-before-start"
  | "second-start"
  | "wrong-stream"
  | "odd-frame"
  | "too-fast"
  | "unsupported-format"
  | "too-large"
  | "too-many-problems"
  | "no-start"
  | "silent-socket"
  | "token-refused"
  | "second-socket"
  | "bad-signature"
  | "no-line-free"
  | "unknown-mark"
  | "back-pressure"
  | "internal";

/** Plain numbers, because they are counted on the audio path; metrics read them when they are scraped. */
export interface MediaCounters {
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
  gaps: number;
  /** Audio that never arrived, in ms. */
  gapMs: number;
  marksOverdue: number;
  readonly problems: Partial<Record<MediaProblem, number>>;
}

export function mediaCounters(): MediaCounters {
  return {
    framesIn: 0,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    gaps: 0,
    gapMs: 0,
    marksOverdue: 0,
    problems: {},
  };
}

export function countProblem(counters: MediaCounters, problem: MediaProblem): void {
  counters.problems[problem] = (counters.problems[problem] ?? 0) + 1;
}

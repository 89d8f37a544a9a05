/** Undoes what returned it; calling it again does nothing. */
export type Cancel = () => void;

/**
 * The only source of time. Everything that waits or measures gets one, so that a test, a replay or a
 * benchmark can put a {@link ManualClock} in its place.
 */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin; never goes back. */
  now(): number;
  /** Milliseconds since the Unix epoch: for records that people read, never for measuring. */
  wall(): number;
  /** Calls `run` once, `ms` from now (0 or less: as soon as possible). */
  after(ms: number, run: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

export interface BackoffPolicy {
  /** Delay before the first retry, in ms. */
  readonly first: number;
  /** Upper bound of any delay, in ms. */
  readonly max: number;
}

/**
 * Delay before retry number `attempt` (from 0): doubling from `first` up to `max`, then between half and
 * all of it by `random` in [0, 1), so that many clients that failed together do not come back together.
 */
export function backoffDelay(policy: BackoffPolicy, attempt: number, random: number): number {
  const whole = Math.min(policy.max, policy.first * 2 ** Math.min(attempt, 30));
  return whole / 2 + (whole / 2) * random;
}

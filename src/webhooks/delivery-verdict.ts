import { type BackoffPolicy, backoffDelay } from "../runtime/backoff.ts";
import type { PostAnswer } from "./post-json.ts";

/** What becomes of a delivery after a try. */
export type DeliveryVerdict =
  | { readonly verdict: "delivered" }
  /** @property notBefore Unix ms until which the receiver wants no other try. */
  | { readonly verdict: "retry"; readonly problem: string; readonly notBefore?: number }
  /** It would be refused again. */
  | { readonly verdict: "park"; readonly problem: string };

/** Refusals that are about the moment, not about the message. */
const passing = [408, 425, 429];

/** How long a delivery is owed before it is given up, in ms; no `Retry-After` counts for more. */
export const GIVE_UP_AFTER = 24 * 3_600_000;

/** Ms after the first, the second and the third try; later ones double from a minute to two hours. */
const soon = [2_000, 8_000, 24_000];
const later: BackoffPolicy = { first: 60_000, max: 2 * 3_600_000 };

/** @param wall Unix ms. */
export function verdictOn({ status, retryAfter }: PostAnswer, wall: number): DeliveryVerdict {
  if (status >= 200 && status < 300) return { verdict: "delivered" };
  const problem = `answered ${status}`;
  if (status < 500 && !passing.includes(status)) return { verdict: "park", problem };
  const wait = retryAfter === undefined ? undefined : waitOf(retryAfter, wall);
  return { verdict: "retry", problem, ...(wait !== undefined && { notBefore: wall + wait }) };
}

/**
 * Ms until the next try. @param attempts tries so far, at least 1. @param random in [0, 1): deliveries that
 * failed together do not come back together.
 */
export function retryDelay(attempts: number, random: number): number {
  const first = soon[attempts - 1];
  if (first !== undefined) return backoffDelay({ first, max: first }, 0, random);
  return backoffDelay(later, attempts - soon.length - 1, random);
}

/** Ms that a `Retry-After` header asks for, as seconds or as a date, within bounds; undefined when it is neither. */
function waitOf(header: string, wall: number): number | undefined {
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - wall;
  return Number.isNaN(ms) ? undefined : Math.min(GIVE_UP_AFTER, Math.max(0, ms));
}

import type { CallInstance, CallPage } from "twilio/lib/rest/api/v2010/account/call.js";
import { createdAt } from "./twilio-call.ts";
import type { Answer, Question } from "./twilio-rest.ts";

export interface ListQuery {
  readonly to: string;
  readonly from: string;
  /** Unix ms by Twilio's clock, which may become known with its answer only. */
  readonly since: () => number;
}

const PAGE_SIZE = 100;
/** Pages are of one pair of numbers, newest first: nobody has called one number a thousand times since then. */
const MOST_PAGES = 10;
/** For a call without a date. */
const NEW = Number.MAX_SAFE_INTEGER;

/**
 * The calls that our account has placed from one number to another, oldest first.
 *
 * They are not narrowed down by Twilio's `StartTime` filter: it counts in days, and a call that still waits in
 * Twilio's queue has no start time.
 *
 * @param ask carries out one request.
 */
export async function listCalls(
  { to, from, since }: ListQuery,
  ask: (question: Question<CallPage>) => Promise<Answer<CallPage>>,
): Promise<Answer<readonly CallInstance[]>> {
  const found: CallInstance[] = [];
  let next: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const url = next;
    const answer = await ask(({ calls }) =>
      url === undefined ? calls.page({ to, from, pageSize: PAGE_SIZE }) : calls.getPage(url),
    );
    if (!answer.ok) return answer;
    const young = answer.value.instances.filter((call) => (createdAt(call) ?? NEW) >= since());
    found.push(...young.filter(({ direction }) => direction === "outbound-api"));
    next = answer.value.nextPageUrl;
    if (next === undefined || young.length === 0) break;
  }
  // Times are told to the second: within one, the list's own order counts.
  return { ok: true, value: found.reverse().sort((a, b) => (createdAt(a) ?? NEW) - (createdAt(b) ?? NEW)) };
}

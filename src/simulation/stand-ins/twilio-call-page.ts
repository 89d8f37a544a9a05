import type { AccountAnswer } from "./account-answer.ts";
import { callBody, type TwilioCallRecord } from "./twilio-call-record.ts";

const DEFAULT_SIZE = 50;
const LARGEST_SIZE = 1_000;

/**
 * `GET …/Calls.json`: newest first, filtered by `To`, `From`, `Status` and `StartTime` (with `>` or `<`: from
 * that moment, or up to it), in pages. A call that is not dialled yet has no start time, and passes no filter of it.
 *
 * @param records oldest first. @param query its names decoded.
 */
export function callPage(
  records: readonly TwilioCallRecord[],
  query: URLSearchParams,
  accountSid: string,
): AccountAnswer {
  const found = records.filter((record) => passes(record, query)).reverse();
  const size = Math.min(
    LARGEST_SIZE,
    Math.max(1, Number(query.get("PageSize") ?? DEFAULT_SIZE) || DEFAULT_SIZE),
  );
  const page = Math.max(0, Number(query.get("Page") ?? 0) || 0);
  const start = page * size;
  const path = `/2010-04-01/Accounts/${accountSid}/Calls.json`;
  const uriOf = (number: number): string => {
    const asked = new URLSearchParams(query);
    asked.set("PageSize", String(size));
    asked.set("Page", String(number));
    return `${path}?${asked}`;
  };
  const body = {
    calls: found.slice(start, start + size).map((record) => callBody(record, accountSid)),
    page,
    page_size: size,
    start,
    end: Math.min(found.length, start + size) - 1,
    uri: uriOf(page),
    first_page_uri: uriOf(0),
    next_page_uri: start + size < found.length ? uriOf(page + 1) : null,
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
  };
  return { status: 200, body };
}

function passes({ to, from, status, startedAt }: TwilioCallRecord, query: URLSearchParams): boolean {
  const wanted = { To: to, From: from, Status: status === "initiated" ? "queued" : status };
  for (const [name, value] of Object.entries(wanted)) {
    if (query.has(name) && query.get(name) !== value) return false;
  }
  const started = startedAt ?? Number.NaN;
  const after = query.get("StartTime>");
  const before = query.get("StartTime<");
  return (
    (after === null || started >= Date.parse(after)) && (before === null || started <= Date.parse(before))
  );
}

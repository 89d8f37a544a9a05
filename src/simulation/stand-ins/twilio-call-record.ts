import type { CarrierStatus } from "../../calls/carrier.ts";
import { rfc2822 } from "../phone/call-parameters.ts";

/** A call as the stand-in keeps it. Times are Unix ms. */
export interface TwilioCallRecord {
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly createdAt: number;
  /** The stand-in's clock, monotonic ms. */
  readonly listedFrom: number;
  status: CarrierStatus;
  /** Undefined while the call waits to be dialled. */
  startedAt: number | undefined;
  answeredAt: number | undefined;
  endedAt: number | undefined;
  answeredBy: string | undefined;
}

const ENDS: readonly CarrierStatus[] = ["completed", "busy", "failed", "no-answer", "canceled"];

export function isFinished({ status }: Pick<TwilioCallRecord, "status">): boolean {
  return ENDS.includes(status);
}

/** The status changes; the times follow. @param wall Unix ms. */
export function progress(record: TwilioCallRecord, status: CarrierStatus, wall: number): void {
  record.status = status;
  if (status === "initiated") record.startedAt = wall;
  if (status === "in-progress") record.answeredAt = wall;
  if (isFinished(record)) record.endedAt = wall;
}

/** How the REST API tells of it, which calls a dialled call `queued` until it rings. */
export function callBody(record: TwilioCallRecord, accountSid: string): object {
  const { sid, to, from, status, createdAt, startedAt, answeredAt, endedAt, answeredBy } = record;
  const uri = `/2010-04-01/Accounts/${accountSid}/Calls/${sid}`;
  const talked = endedAt === undefined ? null : endedAt - (answeredAt ?? endedAt);
  return {
    sid,
    account_sid: accountSid,
    parent_call_sid: null,
    to,
    to_formatted: to,
    from,
    from_formatted: from,
    phone_number_sid: null,
    status: status === "initiated" ? "queued" : status,
    direction: "outbound-api",
    date_created: rfc2822(createdAt),
    date_updated: rfc2822(endedAt ?? answeredAt ?? startedAt ?? createdAt),
    start_time: startedAt === undefined ? null : rfc2822(startedAt),
    end_time: endedAt === undefined ? null : rfc2822(endedAt),
    duration: talked === null ? null : String(Math.round(talked / 1000)),
    answered_by: answeredBy ?? null,
    price: null,
    price_unit: "USD",
    annotation: null,
    forwarded_from: null,
    group_sid: null,
    caller_name: "",
    queue_time: "0",
    trunk_sid: null,
    api_version: "2010-04-01",
    uri: `${uri}.json`,
    subresource_uris: { events: `${uri}/Events.json`, recordings: `${uri}/Recordings.json` },
  };
}

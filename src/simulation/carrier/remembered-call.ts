import type { CarrierCall, CarrierStatus } from "../../calls/carrier.ts";

/** What the simulated carrier remembers of a call. Times are Unix ms. */
export interface RememberedCall extends CarrierCall {
  readonly sessionId: number;
  readonly direction: "inbound" | "outbound";
  readonly startedAt: number;
}

/** One line of the carrier's file: a call that is new, or a new status of one. */
export type MemoryLine =
  | { readonly call: RememberedCall }
  | { readonly sipCallId: string; readonly status: CarrierStatus; readonly at: number };

const ends: readonly CarrierStatus[] = ["completed", "busy", "failed", "no-answer", "canceled"];
const statuses: readonly CarrierStatus[] = ["queued", "initiated", "ringing", "in-progress", ...ends];

export function isOver({ status }: Pick<CarrierCall, "status">): boolean {
  return ends.includes(status);
}

/** The call after a change. */
export function changed(call: RememberedCall, status: CarrierStatus, at: number): RememberedCall {
  if (isOver(call)) return call;
  return { ...call, status, endedAt: isOver({ status }) ? at : null };
}

/** Undefined for a line that is torn or is none of ours. */
export function readLine(line: string): MemoryLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isStatusLine(value) || isCallLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStatusLine(value: unknown): value is MemoryLine {
  const { sipCallId, status, at } = fieldsOf(value);
  return typeof sipCallId === "string" && isStatus(status) && Number.isFinite(at);
}

function isCallLine(value: unknown): value is MemoryLine {
  const { sipCallId, sessionId, to, from, direction, status, startedAt, endedAt } = fieldsOf(
    fieldsOf(value).call,
  );
  const texts = [sipCallId, to, from].every((text) => typeof text === "string");
  const directed = direction === "inbound" || direction === "outbound";
  const timed = Number.isFinite(startedAt) && (endedAt === null || Number.isFinite(endedAt));
  return texts && directed && timed && isStatus(status) && Number.isSafeInteger(sessionId);
}

function isStatus(value: unknown): boolean {
  return (statuses as readonly unknown[]).includes(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

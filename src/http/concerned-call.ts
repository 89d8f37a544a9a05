import { callId, sessionIdOf } from "../calls/call.ts";
import type { CallRegistry } from "../calls/call-registry.ts";

/** The names under which requests and answers hold the carrier's id of a call. */
const carrierIds = ["CallSid", "call_sid", "sip_call_id"];

/**
 * The session of the call that the parameters or the body of a request, or its answer, are about; undefined when
 * they are about none, or about several.
 */
export function concernedCall(fields: unknown, registry: CallRegistry): number | undefined {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return undefined;
  const { session_id, call_id, ...others } = fields as Record<string, unknown>;
  const own = sessionIn(call_id) ?? sessionIn(session_id);
  if (own !== undefined) return own;
  for (const name of carrierIds) {
    const sipCallId = others[name];
    const record = typeof sipCallId === "string" ? registry.findBySipCallId(sipCallId) : undefined;
    if (record !== undefined) return record.call.sessionId;
  }
  return undefined;
}

/** A `call_N`, a number, or its digits, as a path has it; anything else is none. */
function sessionIn(id: unknown): number | undefined {
  if (typeof id === "number") return sessionIdOf(callId(id));
  return typeof id === "string" ? (sessionIdOf(id) ?? sessionIdOf(`call_${id}`)) : undefined;
}

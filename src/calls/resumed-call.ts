import type { AgentProfile } from "./agent-profile.ts";
import type { Call } from "./call.ts";
import type { CallStatus } from "./call-lifecycle.ts";
import type { GivenRecord } from "./call-record.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { StoredCall, TakenCall } from "./call-store.ts";
import type { CarrierStatus } from "./carrier.ts";
import type { KeptState } from "./kept-conversation.ts";

/** A call that another process has had, as it goes on here. */
export interface ResumedCall extends GivenRecord {
  readonly status: CallStatus;
}

/**
 * A stored call as it goes on here.
 *
 * @param lostAt when its media was lost, at the latest, Unix ms.
 */
export function resumed(taken: TakenCall, profile: AgentProfile, lostAt: number): ResumedCall {
  const { call, entries, turns, conversation, messages } = taken;
  const state = conversation?.state;
  return {
    call: callOf(call, profile),
    status: call.status,
    ...(call.answeredAt !== null && { answeredAt: call.answeredAt }),
    ...(call.answeredBy !== null && { answeredBy: call.answeredBy }),
    ...(call.sentiment !== null && { sentiment: call.sentiment }),
    entries,
    turns,
    ...(state !== undefined && { usage: state.usage }),
    ...(state?.progress !== undefined && { progressBefore: state.progress }),
    ...leftIn(state, messages, lostAt),
  };
}

function leftIn(
  state: KeptState | undefined,
  messages: TakenCall["messages"],
  lostAt: number,
): Pick<ResumedCall, "left"> {
  if (state?.conversation === undefined) return {};
  const { conversation, sounding, end } = state;
  const counting = messages.filter(({ position }) => position < end);
  const left = { state: conversation, messages: counting, lostAt };
  return { left: sounding === undefined ? left : { ...left, sounding } };
}

/**
 * Takes an outbound call of a process that died into this one: the carrier still has it, nobody has answered yet.
 * False when the carrier's call is here already.
 */
export function resumeCall(
  registry: CallRegistry,
  stored: StoredCall,
  profile: AgentProfile,
  status: CarrierStatus,
): boolean {
  const { sessionId, sipCallId } = stored;
  // The carrier may have asked what to do with it while it was looked for: then it goes on under a new session.
  if (sipCallId !== null && registry.findBySipCallId(sipCallId) !== undefined) return false;
  registry.resume({ call: callOf(stored, profile), status: stored.status });
  if (sipCallId !== null) registry.placed(sessionId, sipCallId);
  registry.carrierReports(sessionId, status);
  return true;
}

function callOf(stored: StoredCall, profile: AgentProfile): Call {
  const { sessionId, participantId, roomName, direction, carrier, from, to, media } = stored;
  const { customerId, trunkId, metadata, createdAt, sipCallId } = stored;
  const names = { sessionId, participantId, roomName, ...(sipCallId !== null && { sipCallId }) };
  return { ...names, direction, carrier, from, to, profile, media, customerId, trunkId, metadata, createdAt };
}

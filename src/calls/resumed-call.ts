import type { AgentProfile } from "./agent-profile.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { StoredCall } from "./call-store.ts";
import type { CarrierStatus } from "./carrier.ts";

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
  const { sessionId, participantId, roomName, direction, carrier, from, to, media } = stored;
  const { customerId, trunkId, metadata, createdAt, sipCallId } = stored;
  // The carrier may have asked what to do with it while it was looked for: then it goes on under a new session.
  if (sipCallId !== null && registry.findBySipCallId(sipCallId) !== undefined) return false;
  registry.admit(
    {
      sessionId,
      participantId,
      roomName,
      direction,
      carrier,
      from,
      to,
      profile,
      media,
      customerId,
      trunkId,
      metadata,
      createdAt,
    },
    "initiating",
    { inProgress: true },
  );
  if (sipCallId !== null) registry.placed(sessionId, sipCallId);
  registry.carrierReports(sessionId, status);
  return true;
}

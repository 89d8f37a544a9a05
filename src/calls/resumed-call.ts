import type { AgentProfile } from "./agent-profile.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { StoredCall } from "./call-store.ts";
import type { CarrierStatus } from "./carrier.ts";

/** Takes an outbound call of a process that died into this one: the carrier still has it, nobody has answered yet. */
export function resumeCall(
  registry: CallRegistry,
  stored: StoredCall,
  profile: AgentProfile,
  status: CarrierStatus,
): void {
  const { sessionId, participantId, roomName, direction, carrier, from, to, media } = stored;
  const { customerId, trunkId, metadata, createdAt, sipCallId } = stored;
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
  );
  if (sipCallId !== null) registry.placed(sessionId, sipCallId);
  registry.carrierReports(sessionId, status);
}

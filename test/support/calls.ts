import { agentProfile } from "../../src/calls/agent-profile.ts";
import type { Call } from "../../src/calls/call.ts";
import type { IncomingCall } from "../../src/calls/call-intake.ts";
import type { StoredCall } from "../../src/calls/call-store.ts";
import { newCall } from "../../src/calls/new-call.ts";
import type { ServiceRequest, ServiceRequests } from "../../src/calls/service-requests.ts";

/** An inbound call as it stands before anything has happened in it. */
export function aCall(given: Partial<Call> = {}): Call {
  const call = newCall(
    {
      sessionId: 1,
      sipCallId: "CA1",
      kind: "inbound",
      carrier: "simulated",
      from: "+14155550100",
      to: "+15005550006",
      profile: agentProfile(),
      media: "stream",
    },
    0,
    () => false,
  );
  return { ...call, ...given };
}

/** An outbound call as it is written before the carrier is told of it. */
export function aStoredCall(given: Partial<StoredCall> = {}): StoredCall {
  return {
    sessionId: 1,
    sipCallId: null,
    participantId: "PA_1",
    roomName: "outbound-14155550100-20260101000000",
    direction: "outbound",
    carrier: "scripted",
    from: "+15005550006",
    to: "+14155550100",
    profile: "default",
    media: "stream",
    customerId: null,
    trunkId: null,
    metadata: {},
    status: "initiating",
    endReason: null,
    answeredBy: null,
    handledBy: "ai_agent",
    sentiment: null,
    transferCount: 0,
    usage: null,
    cost: null,
    createdAt: 0,
    answeredAt: null,
    endedAt: null,
    ...given,
  };
}

/** What the carrier says of a call that comes in. */
export function anIncomingCall(given: Partial<IncomingCall> = {}): IncomingCall {
  return {
    sipCallId: "CA1",
    direction: "inbound",
    carrier: "simulated",
    from: "+14155550100",
    to: "+15005550006",
    afterMedia: false,
    ...given,
  };
}

/** Keeps service requests in memory, under references from 1001. */
export function serviceRequestBook(): ServiceRequests {
  const kept: (ServiceRequest & { reference: string })[] = [];
  return {
    async keep(request) {
      const reference = String(1001 + kept.length);
      kept.push({ ...request, reference });
      return { reference };
    },
    ofCall: async (sessionId) => kept.filter((request) => request.sessionId === sessionId),
  };
}

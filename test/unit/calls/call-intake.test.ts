import { describe, expect, it } from "vitest";
import { agentProfile } from "../../../src/calls/agent-profile.ts";
import { CallIntake } from "../../../src/calls/call-intake.ts";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import { countingIds } from "../../../src/calls/session-ids.ts";
import { InProcessSpentTokens } from "../../../src/calls/spent-tokens.ts";
import { STREAM_TOKEN_LIFETIME, streamTokenKey } from "../../../src/calls/stream-token.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { aCall, anIncomingCall } from "../../support/calls.ts";

function desk(maxCalls = 2, down = false, sessionIds = countingIds()) {
  const clock = new ManualClock();
  const registry = new CallRegistry({
    clock,
    maxCalls,
    onListenerError: (error) => {
      throw error;
    },
  });
  const profile = agentProfile();
  const intake = new CallIntake({
    registry,
    profileFor: () => profile,
    speechIsDown: () => down,
    sessionIds,
    spentTokens: new InProcessSpentTokens(),
    tokenKey: streamTokenKey(["test"]),
    clock,
  });
  const rings = (sipCallId = "CA1", afterMedia = false) =>
    intake.incoming(anIncomingCall({ sipCallId, afterMedia }));
  const connects = (sipCallId = "CA1", afterMedia = false) => {
    const answer = rings(sipCallId, afterMedia);
    if (answer.action !== "connect") throw new Error(answer.action);
    return answer;
  };
  return { clock, registry, intake, profile, rings, connects };
}

describe("taking calls in", () => {
  it("gives a fresh token for the same call when the carrier asks again", () => {
    const { connects } = desk();
    const [first, second] = [connects(), connects()];
    expect(second.call).toBe(first.call);
    expect(second.token).not.toBe(first.token);
  });

  it("lets the carrier recognise and speak when all lines are in use, and is busy when that is too much", () => {
    const { rings, registry } = desk(1);
    expect(rings("CA1").action).toBe("connect");
    expect(rings("CA2").action).toBe("gather");
    expect(rings("CA2").action).toBe("gather");
    expect(rings("CA3").action).toBe("gather");
    expect(rings("CA4").action).toBe("busy");
    registry.end(registry.find(1)?.call.sessionId ?? 0, "caller-hung-up");
    expect(rings("CA4").action).toBe("connect");
  });

  it("lets the carrier recognise and speak when the speech providers are down", () => {
    const { rings, registry } = desk(2, true);
    expect(rings("CA1").action).toBe("gather");
    expect(registry.find(1)).toMatchObject({ status: "answered", call: { media: "gather" } });
  });

  it("is busy while the store gives no ids, and says why", () => {
    let away = true;
    const { rings, registry } = desk(2, false, {
      next: () => {
        if (away) throw new GatewayError("STORE_UNAVAILABLE", "away");
        return 1;
      },
    });
    const refusals: unknown[] = [];
    registry.events.on("refused", (refusal) => refusals.push(refusal));
    expect(rings("CA1").action).toBe("busy");
    expect(refusals).toEqual([{ reason: "store", offered: "busy" }]);
    away = false;
    expect(rings("CA1").action).toBe("connect");
  });

  it("is busy while it shuts down", () => {
    const { rings, registry } = desk();
    registry.drain();
    expect(rings("CA3").action).toBe("busy");
  });

  it("knows a call that it placed by its own id, before the carrier has told its id", () => {
    const { intake, registry } = desk();
    const placed = aCall({ sessionId: 7, direction: "outbound", to: "+14155550100" });
    const { sipCallId: _, ...unplaced } = placed;
    registry.admit(unplaced, "initiating");
    const answer = intake.incoming(anIncomingCall({ sipCallId: "CA9", sessionId: 7, direction: "outbound" }));
    expect(answer).toMatchObject({ action: "connect", call: { sessionId: 7, sipCallId: "CA9" } });
    expect(registry.findBySipCallId("CA9")).toMatchObject({ status: "answered" });
  });

  it("lets one media stream claim the call, once for each token", async () => {
    const { connects, intake } = desk();
    const [first, second] = [connects(), connects()];
    expect(await intake.claim(first.token, "CA1")).toBe(first.call);
    await expect(intake.claim(first.token, "CA1")).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(intake.claim(second.token, "CA1")).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("refuses tokens that are late or of another call", async () => {
    const { clock, connects, intake } = desk();
    const { token } = connects();
    await expect(intake.claim(token, "CA2")).rejects.toMatchObject({ code: "FORBIDDEN" });
    clock.advanceTo(STREAM_TOKEN_LIFETIME + 1);
    await expect(intake.claim(token, "CA1")).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("hangs up a call that has ended", () => {
    const { connects, rings, registry } = desk();
    registry.end(connects().call.sessionId, "agent-goodbye");
    expect(rings("CA1", true).action).toBe("hang-up");
  });

  it("never disturbs a call whose media is here", async () => {
    const { connects, intake, registry } = desk();
    const { call, token } = connects();
    await intake.claim(token, "CA1");
    expect(connects().call).toBe(call);
    expect(registry.find(call.sessionId)?.status).toBe("answered");
  });

  it("connects a call again that lost its media: it is the same call", async () => {
    const { connects, intake, registry } = desk();
    const { call, token } = connects();
    await intake.claim(token, "CA1");
    const again = connects("CA1", true);
    expect(again.call).toBe(call);
    expect(registry.find(call.sessionId)).toMatchObject({ status: "answered", mediaClaimed: false });
    expect(await intake.claim(again.token, "CA1")).toBe(call);
    await expect(intake.claim(token, "CA1")).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("gives a call a new session that has waited for its media in vain, with words that say so", async () => {
    const { connects, intake, registry, profile } = desk();
    const { call, token } = connects();
    await intake.claim(token, "CA1");
    registry.end(call.sessionId, "media-lost");
    const again = connects("CA1", true);
    expect(again.call.sessionId).toBeGreaterThan(call.sessionId);
    expect(again.call.profile.greeting).toBe(profile.phrases.reconnected);
  });

  it("goes on with a call that it has while it shuts down", async () => {
    const { connects, intake, registry } = desk();
    const { call, token } = connects();
    await intake.claim(token, "CA1");
    registry.drain();
    expect(connects("CA1", true).call).toBe(call);
  });
});

describe("the registry", () => {
  it("ends a call once, whoever says so", () => {
    const { connects, registry } = desk();
    const reasons: string[] = [];
    registry.events.on("event", (event) => {
      if (event.type === "call-ended") reasons.push(event.reason);
    });
    const { sessionId } = connects().call;
    registry.end(sessionId, "caller-hung-up");
    registry.end(sessionId, "shutdown");
    expect(reasons).toEqual(["caller-hung-up"]);
    expect(registry.find(sessionId)).toMatchObject({ status: "canceled", endReason: "caller-hung-up" });
  });

  it("forgets the oldest ended calls, and nothing that lives", () => {
    const { connects, registry } = desk();
    const living = connects("CAlive").call.sessionId;
    const first = connects("CA0").call.sessionId;
    registry.end(first, "caller-hung-up");
    for (let i = 1; i <= 1000; i++) registry.end(connects(`CA${i}`).call.sessionId, "caller-hung-up");
    expect(registry.find(first)).toBeUndefined();
    expect(registry.findBySipCallId("CA0")).toBeUndefined();
    expect(registry.findBySipCallId("CA1000")).toBeDefined();
    expect(registry.find(living)?.status).toBe("ringing");
  });
});

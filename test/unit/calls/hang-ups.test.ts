import { beforeEach, describe, expect, it } from "vitest";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import { HangUps } from "../../../src/calls/hang-ups.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { aCall } from "../../support/calls.ts";
import { ScriptedCarrier } from "../../support/scripted-carrier.ts";

let clock: ManualClock;
let registry: CallRegistry;
let carrier: ScriptedCarrier;
let sipCallId: string;
let goesOnElsewhere: () => Promise<boolean>;

beforeEach(() => {
  clock = new ManualClock();
  carrier = new ScriptedCarrier();
  registry = new CallRegistry({
    clock,
    maxCalls: 5,
    onListenerError: (error) => expect.unreachable(String(error)),
  });
  goesOnElsewhere = async () => false;
  new HangUps({
    registry,
    carrierOf: () => carrier,
    goesOnElsewhere: () => goesOnElsewhere(),
    clock,
    onError: () => {},
  }).start();
  const call = aCall({ direction: "outbound", createdAt: clock.wall() });
  sipCallId = carrier.knows(call, "queued");
  registry.admit({ ...call, sipCallId }, "initiating");
});

function carrierSays(status: "queued" | "ringing" | "busy"): void {
  const known = carrier.calls.get(sipCallId);
  if (known !== undefined) carrier.calls.set(sipCallId, { ...known, status });
}

/** Session 2, which the carrier calls `SX_2`. */
function anotherCall(): void {
  const call = aCall({ direction: "outbound", createdAt: clock.wall() });
  registry.admit({ ...call, sessionId: 2, sipCallId: "SX_2" }, "initiating");
}

describe("a call of whose answer nothing is heard", () => {
  it("is left alone while the carrier has it in its queue", async () => {
    await clock.settleTo(3_600_000);
    expect(registry.find(1)?.status).toBe("initiated");
    expect(carrier.hungUp).toEqual([]);
    carrierSays("busy");
    await clock.settleTo(3_700_000);
    expect(registry.find(1)?.status).toBe("busy");
    expect(clock.armed).toBe(0);
  });

  it("is asked for again when the carrier does not answer", async () => {
    const { status } = carrier;
    carrier.status = () => Promise.reject(new GatewayError("PROVIDER_UNAVAILABLE", "no answer"));
    await clock.settleTo(100_000);
    expect(registry.find(1)?.status).toBe("initiating");
    carrier.status = status;
    carrierSays("busy");
    await clock.settleTo(200_000);
    expect(registry.find(1)?.status).toBe("busy");
  });

  it("is asked for where it goes on, when another process has had it until now", async () => {
    registry.move(1);
    const call = aCall({ direction: "outbound", createdAt: clock.wall() });
    registry.resume({ call: { ...call, sipCallId }, status: "initiated" });
    carrierSays("busy");
    await clock.settleTo(100_000);
    expect(registry.find(1)?.status).toBe("busy");
  });

  it("is asked for no more when another process has it", async () => {
    expect(clock.armed).toBe(1);
    registry.move(1);
    expect(clock.armed).toBe(0);
    await clock.settleTo(5 * 3_600_000);
    expect(carrier.hungUp).toEqual([]);
  });

  it("ends when the carrier knows nothing of it, and when it has waited for hours", async () => {
    await clock.settleTo(5 * 3_600_000);
    expect(registry.find(1)?.status).toBe("no-answer");
    expect(carrier.hungUp).toEqual([sipCallId]);
    registry.admit(aCall({ sessionId: 2, sipCallId: "CAgone", direction: "outbound" }), "initiating");
    await clock.settleTo(6 * 3_600_000);
    expect(registry.find(2)?.status).toBe("no-answer");
  });
});

describe("a call that has ended here", () => {
  it.each(["no-media", "no-answer"] as const)(
    "is hung up after %s, unless it goes on elsewhere",
    async (reason) => {
      registry.answer(1);
      goesOnElsewhere = async () => true;
      registry.end(1, reason);
      await clock.settleTo(1_000);
      expect(carrier.hungUp).toEqual([]);
      anotherCall();
      goesOnElsewhere = async () => false;
      registry.end(2, reason);
      await clock.settleTo(2_000);
      expect(carrier.hungUp).toEqual(["SX_2"]);
    },
  );

  it("is left alone while nobody can tell whether it goes on elsewhere, but not at the end of the process", async () => {
    goesOnElsewhere = () => Promise.reject(new GatewayError("STORE_UNAVAILABLE", "away"));
    registry.end(1, "no-media");
    await clock.settleTo(1_000);
    expect(carrier.hungUp).toEqual([]);
    anotherCall();
    registry.end(2, "shutdown");
    await clock.settleTo(2_000);
    expect(carrier.hungUp).toEqual(["SX_2"]);
  });

  it("is hung up on request, whoever else may have it", async () => {
    goesOnElsewhere = async () => true;
    registry.end(1, "ended-by-request");
    await clock.settleTo(1_000);
    expect(carrier.hungUp).toEqual([sipCallId]);
  });
});

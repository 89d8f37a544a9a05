import { validateRequest } from "twilio/lib/webhooks/webhooks.js";
import { afterEach, describe, expect, it } from "vitest";
import type { PlaceCall } from "../../src/calls/carrier.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { startTwilioStandIn, type TwilioStandIn } from "../../src/simulation/stand-ins/twilio-stand-in.ts";
import { TwilioCarrier } from "../../src/telephony/twilio-carrier.ts";
import { type Script, type ScriptedGateway, scriptedGateway } from "./simulated-phone-server.ts";

/** The real carrier places calls at a Twilio whose calls really ring and talk. */

const ACCOUNT = `AC${"0".repeat(32)}`;
const TOKEN = "12345678901234567890123456789012";
const PUBLIC = "https://gw.example.com";
const connect = `<Response><Connect><Stream url="wss://gw.example.com/api/phone/media"/></Connect><Hangup/></Response>`;

let standIn: TwilioStandIn;
let gateway: ScriptedGateway;
let carrier: TwilioCarrier;

afterEach(async () => {
  await carrier.close();
  await standIn.close();
  await gateway.close();
});

async function start(script: Partial<Script> = {}) {
  gateway = await scriptedGateway({ answer: () => connect, ...script });
  const account = { clock: systemClock, accountSid: ACCOUNT, authToken: TOKEN };
  const timings = { ring: 20, unanswered: 40, detection: 10, close: 500 };
  standIn = await startTwilioStandIn({ ...account, lines: { dialOrigin: gateway.origin, timings } });
  carrier = new TwilioCarrier({ ...account, baseUrl: standIn.origin, publicUrl: () => PUBLIC });
}

const place = async (more: Partial<PlaceCall> = {}) => {
  const order = {
    sessionId: 7,
    to: "+14155550100",
    from: "+15550100001",
    ringLimit: 60_000,
    timeLimit: 60_000,
  };
  return carrier.place({ ...order, machineDetection: false, ...more }, new AbortController().signal);
};
const statusOf = async (sipCallId: string) => (await carrier.status(sipCallId))?.status;
const callbacks = () => gateway.requests.filter(({ url }) => url.startsWith("/api/phone/status"));

describe("a call at the stand-in of Twilio", { timeout: 20_000 }, () => {
  it("rings, asks the gateway, talks, and reports, all signed with the auth token", async () => {
    await start();
    const { sipCallId } = await place({ machineDetection: true });
    await expect.poll(() => gateway.streams[0]?.length).toBeGreaterThan(3);
    expect(await statusOf(sipCallId)).toBe("in-progress");
    await expect
      .poll(() => callbacks().find(({ form }) => form.AnsweredBy !== undefined)?.form)
      .toEqual({
        AccountSid: ACCOUNT,
        CallSid: sipCallId,
        AnsweredBy: "human",
        MachineDetectionDuration: "10",
      });
    await carrier.hangUp(sipCallId);
    await expect.poll(() => statusOf(sipCallId)).toBe("completed");
    await expect.poll(() => callbacks().at(-1)?.form.CallStatus).toBe("completed");
    const statuses = callbacks().flatMap(({ form }) => form.CallStatus ?? []);
    expect(statuses).toEqual(["initiated", "ringing", "in-progress", "completed"]);
    for (const { url, form, signature } of gateway.requests) {
      expect(form).toMatchObject({ CallSid: sipCallId, AccountSid: ACCOUNT });
      expect(validateRequest(TOKEN, signature ?? "", PUBLIC + url, { ...form })).toBe(true);
    }
    expect(await carrier.status(sipCallId)).toMatchObject({
      startedAt: expect.any(Number),
      endedAt: expect.any(Number),
    });
    await carrier.hangUp(sipCallId);
  });

  it.each([
    ["+14155559901", "busy"],
    ["+14155559902", "no-answer"],
    ["+14155559903", "failed"],
  ])("to %s is %s", async (to, status) => {
    await start();
    const { sipCallId } = await place({ to });
    await expect.poll(() => statusOf(sipCallId)).toBe(status);
    await expect.poll(() => callbacks().at(-1)?.form.CallStatus).toBe(status);
    expect(gateway.upgrades).toEqual([]);
  });

  it("runs, too, when its client was told that it was not made", async () => {
    await start({ react: ({ event }, stream) => event === "media" && stream.close() });
    standIn.injectAfterCreate({ type: "status", status: 500 });
    const { sipCallId } = await place();
    expect(standIn.created.map(({ sid }) => sid)).toEqual([sipCallId]);
    await expect.poll(() => statusOf(sipCallId)).toBe("completed");
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { defaultOverload } from "../../src/calls/overload-policy.ts";
import { type Earshot, startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import { startBalancer } from "../../src/simulation/balancer/balancer.ts";
import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import type { CallerScript } from "../../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { eventually } from "../support/call-desk.ts";
import { freePort } from "../support/free-port.ts";
import { UNHURRIED } from "../support/gateway-process.ts";

const { phrases } = defaultOverload;
let earshot: Earshot;

afterEach(() => earshot.close("test"));

async function start(environment: Record<string, string>): Promise<void> {
  earshot = await startEarshot(
    loadConfig({
      ...UNHURRIED,
      PORT: "0",
      DATA_DIR: ":memory:",
      LOG_LEVEL: "CRITICAL",
      MAX_CALLS: "1",
      ...environment,
    }),
  );
}

/** Somebody calls, and is told things by Twilio's own voice. @param origin where Twilio finds us. */
function dials(from: string, script: CallerScript = [], origin = earshot.url) {
  const told: string[] = [];
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `${origin}/api/phone/incoming`,
    statusUrl: `${origin}/api/phone/status`,
    from,
    to: "+15005550006",
    script,
    limit: 60_000,
    onEvent: (event) => {
      if (event.type === "twilio-said") told.push(event.text);
    },
  });
  const report: Promise<CallReport> = phone.call();
  return { phone, told, report };
}

/** On a busy machine as well. */
const soon = (isSo: () => boolean | Promise<boolean>, what: string) => eventually(isSo, what, 30_000);

const streams = () => earshot.registry.live.filter(({ mediaClaimed }) => mediaClaimed).length;

describe("a caller for whom there is no line", { timeout: 120_000 }, () => {
  it("waits, and is connected once the line is free", async () => {
    await start({ OVERLOAD: "queue" });
    const first = dials("+14155550100");
    await soon(() => streams() === 1, "the first caller has the line");
    const second = dials("+14155550111");
    await soon(() => second.told.length === 1, "the second caller waits");
    expect(second.told).toEqual([phrases.queued]);
    first.phone.hangUp();
    expect((await first.report).streams).toBe(1);
    await soon(() => streams() === 1, "the second caller has the line");
    expect(earshot.registry.live[0]?.call).toMatchObject({ from: "+14155550111", media: "stream" });
    second.phone.hangUp();
    expect((await second.report).streams).toBe(1);
  });

  it("is called back once the line is free, having pressed a key", async () => {
    await start({ OVERLOAD: "callback" });
    const first = dials("+14155550100");
    await soon(() => streams() === 1, "the first caller has the line");
    const second = dials("+14155550111", [{ type: "press", digits: "1", cue: { when: "after", wait: 0 } }]);
    const { ended, streams: opened } = await second.report;
    expect(second.told).toEqual([phrases.callbackOffer, phrases.callbackPromised]);
    expect({ by: ended.by, opened }).toEqual({ by: "agent", opened: 0 });
    expect(earshot.registry.liveCount).toBe(1);
    first.phone.hangUp();
    await first.report;
    await soon(() => streams() === 1, "the second caller is called back");
    expect(earshot.registry.live[0]?.call).toMatchObject({
      direction: "outbound",
      to: "+14155550111",
      roomName: expect.stringMatching(/^callback-14155550111-/),
      metadata: { reason: "overload" },
    });
  });

  it("talks to the same agent by Twilio's own voice", async () => {
    await start({ OVERLOAD: "gather" });
    const first = dials("+14155550100");
    await soon(() => streams() === 1, "the first caller has the line");
    const second = dials("+14155550111", [{ type: "hang-up", cue: { when: "after", wait: 0 } }]);
    await second.report;
    expect(second.told.join(" ")).toBe("Hello, and thank you for calling. How can I help you?");
    first.phone.hangUp();
    await first.report;
  });

  it("is offered it through a balancer as well, until the process drains", async () => {
    const PORT = String(await freePort());
    const url = `http://127.0.0.1:${PORT}`;
    const balancer = await startBalancer({ clock, backends: [url], pollEvery: 20 });
    try {
      await start({ PORT, PUBLIC_URL: balancer.origin, OVERLOAD: "queue" });
      await soon(() => balancer.stateOf(url) === "ready", "the balancer knows it");
      const first = dials("+14155550100", [], balancer.origin);
      await soon(() => streams() === 1, "the first caller has the line");
      await soon(async () => (await fetch(`${url}/ready`)).status === 503, "the house is full");
      const second = dials("+14155550111", [], balancer.origin);
      await soon(() => second.told.length === 1, "the second caller waits");
      second.phone.hangUp();
      await second.report;
      first.phone.hangUp();
      expect((await first.report).streams).toBe(1);
      await soon(() => earshot.registry.liveCount === 0, "the first call has ended");
      await earshot.drain(0);
      expect((await fetch(`${url}/ready?for=balancer`)).status).toBe(503);
      await soon(() => balancer.stateOf(url) === "unready", "the balancer knows that it drains");
    } finally {
      await balancer.close();
    }
  });
});

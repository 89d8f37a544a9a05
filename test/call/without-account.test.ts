import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Earshot, startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import type { CallerStep } from "../../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { UNHURRIED } from "../support/gateway-process.ts";
import { recognised } from "../support/recognised.ts";
import { speech } from "../support/virtual-call.ts";

const clock = systemClock;
const closers: (() => unknown)[] = [];
let earshot: Earshot;

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function dials(script: readonly CallerStep[]): Promise<CallReport> {
  const folder = mkdtempSync(join(tmpdir(), "earshot-profiles-"));
  closers.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "agents.json");
  // No filler: a busy machine would bring it into the transcript.
  writeFileSync(file, JSON.stringify({ profiles: [{ name: "default", turnTaking: { fillerAfter: 0 } }] }));
  earshot = await startEarshot(
    loadConfig({
      ...UNHURRIED,
      PORT: "0",
      DATA_DIR: ":memory:",
      LOG_LEVEL: "CRITICAL",
      AGENT_PROFILES: file,
    }),
  );
  closers.push(() => earshot.close("test"));
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `${earshot.url}/api/phone/incoming`,
    from: "+14155550100",
    to: "+15005550006",
    script,
    limit: 60_000,
    record: true,
  });
  return phone.call();
}

const goodbye = "thank you for calling goodbye";
/** Of about the same length as what is really said. */
const others = [
  "good morning and welcome to our company what would you like",
  "all our lines are busy now please hold or call again tomorrow",
  "thank you for waiting please hold",
  "we are closed today goodbye",
  "please call again tomorrow",
];

describe("a call without any account", { timeout: 90_000 }, () => {
  it("is understood, answered with words that a recogniser understands, and ended by the agent", async () => {
    const report = await dials([
      { type: "say", audio: speech("goodbye"), cue: { when: "agent-finished", quiet: 500 } },
      { type: "hang-up", cue: { when: "after", wait: 50_000 } },
    ]);
    expect(report.ended.by).toBe("agent");
    const record = earshot.registry.findBySipCallId(report.callSid);
    expect(record?.transcript.entries.map(({ speaker, text }) => `${speaker}: ${text}`)).toEqual([
      "ai_agent: Hello, and thank you for calling. How can I help you?",
      "customer: goodbye",
      "ai_agent: Thank you for calling, goodbye!",
    ]);
    const [asked = Number.NaN] = report.exchanges.map(({ voiceStart }) => voiceStart);
    const pieces = (report.recording?.agent ?? []).filter(({ start }) => start > asked);
    const answer = Buffer.concat(pieces.map(({ mulaw }) => mulaw));
    expect(await recognised(answer, [goodbye, ...others])).toEqual([goodbye]);
  });
});

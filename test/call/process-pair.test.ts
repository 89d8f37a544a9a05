import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import type { CallerStep } from "../../src/simulation/phone/caller-script.ts";
import { startTwilioStandIn } from "../../src/simulation/stand-ins/twilio-stand-in.ts";
import { eventually } from "../support/call-desk.ts";
import { startPostgres } from "../support/postgres.ts";
import { ProcessPair } from "../support/process-pair.ts";

const closers: (() => unknown)[] = [];
const server = await startPostgres();

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 30_000);

afterAll(async () => {
  if ("stop" in server) await server.stop();
});

const ACCOUNT = `AC${"1".repeat(32)}`;
const TOKEN = "0123456789abcdef0123456789abcdef";
const CALLS = 12;

interface StoredCall {
  readonly to_number: string;
  readonly status: string;
}

/** Both processes are there. @param environment what they are told besides, behind this address. */
async function aPair(environment: (origin: string) => Promise<Record<string, string>>): Promise<ProcessPair> {
  if ("missing" in server) throw new Error(server.missing);
  const pair = await ProcessPair.open(await server.newDatabase(), closers, environment);
  await pair.start();
  await pair.start();
  return pair;
}

async function read<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url);
  const body = await response.text();
  expect(response.status, body).toBe(200);
  return JSON.parse(body) as Answer;
}

describe.skipIf("missing" in server)("two gateways behind one address", { timeout: 120_000 }, () => {
  it("place calls that go on with whichever of them the carrier asks, one session for each", async () => {
    const pair = await aPair(async (dialOrigin) => {
      const account = { accountSid: ACCOUNT, authToken: TOKEN };
      const twilio = await startTwilioStandIn({ clock: systemClock, ...account, lines: { dialOrigin } });
      closers.push(() => twilio.close());
      return {
        TWILIO_ACCOUNT_SID: ACCOUNT,
        TWILIO_AUTH_TOKEN: TOKEN,
        TWILIO_PHONE_NUMBER: "+14155550199",
        TWILIO_API_BASE_URL: twilio.origin,
      };
    });
    const numbers = Array.from({ length: CALLS }, (_, index) => `+141555501${String(10 + index)}`);
    const ordered = await fetch(`${pair.origin}/api/v1/calls/outbound/batch`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ calls: numbers.map((to_number) => ({ to_number })), delay_seconds: 0.1 }),
    });
    expect(ordered.ok).toBe(true);
    const calls = async (): Promise<readonly StoredCall[]> =>
      (await read<{ calls: StoredCall[] }>(`${pair.origin}/api/v1/calls/outbound/active?page_size=100`))
        .calls;
    await eventually(
      async () => (await calls()).filter(({ status }) => status === "answered").length >= CALLS,
      "everybody is answered",
      30_000,
    );
    expect((await calls()).map((call) => call.to_number).sort()).toEqual(numbers);
  });

  it("lead one conversation with a caller whose words the carrier recognises", async () => {
    const directory = mkdtempSync(join(tmpdir(), "earshot-pair-"));
    closers.push(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, "profiles.json");
    writeFileSync(file, JSON.stringify({ profiles: [{ name: "default", mode: "speech-gather" }] }));
    const pair = await aPair(async () => ({ AGENT_PROFILES: file }));
    const cue = { when: "agent-finished" } as const;
    const script: readonly CallerStep[] = [
      { type: "press", digits: "2", cue },
      { type: "press", digits: "1", cue },
      { type: "hang-up", cue },
    ];
    const told: string[] = [];
    const report = await pair.call(script, undefined, (event) => {
      if (event.type === "twilio-said") told.push(event.text);
    });
    expect(report.ended.by).toBe("caller");
    expect(told).toEqual([
      "Hello, and thank you for calling. How can I help you?",
      "Sure, I can take a service request. Is it about a repair, a delivery, or an appointment?",
      "Of course, I can help with that. What is it about? For example heating, water, electricity, or internet.",
    ]);
    expect(await pair.histories(1)).toEqual(["call_1"]);
  });
});

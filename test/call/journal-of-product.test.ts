import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import { startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import { replayCall } from "../../src/replay/replay-call.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { eventually } from "../support/call-desk.ts";

/** One call over real sockets: the caller hears the greeting and hangs up. */
async function callOnce(url: string): Promise<void> {
  const phone = new SimulatedPhone({
    clock: systemClock,
    exchange: new PhoneExchange(systemClock),
    voiceUrl: `${url}/api/phone/incoming`,
    from: "+14155550100",
    to: "+15005550006",
    script: [{ type: "hang-up", cue: { when: "agent-finished", quiet: 300 } }],
    limit: 60_000,
    record: false,
  });
  await phone.call();
}

it("JOURNALS=all keeps a whole journal of a real call, and its decisions come in the same order again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "earshot-product-"));
  const earshot = await startEarshot(
    loadConfig({ PORT: "0", DATA_DIR: folder, LOG_LEVEL: "CRITICAL", JOURNALS: "all" }),
  );
  try {
    await callOnce(earshot.url);
    await earshot.close("test");
    const journal = readJournal(readFileSync(join(folder, "journals", "1.jsonl.gz")));
    const decisions = await replayCall(journal, { voiceActivity: await loadVoiceActivity() });
    const kinds = decisions.map(({ type, turn }) => [type, turn]);
    expect(journal.header.clock).toBe("system");
    expect(kinds).toEqual(journal.trailer.decisions.map(({ type, turn }) => [type, turn]));
    expect(kinds.at(-1)?.[0]).toBe("call-ended");
  } finally {
    await earshot.close("test");
    rmSync(folder, { recursive: true });
  }
});

it("a journal is erased with the calls of its number", async () => {
  const folder = mkdtempSync(join(tmpdir(), "earshot-product-"));
  const earshot = await startEarshot(
    loadConfig({ PORT: "0", DATA_DIR: folder, LOG_LEVEL: "CRITICAL", JOURNALS: "all" }),
  );
  try {
    await callOnce(earshot.url);
    const journal = join(folder, "journals", "1.jsonl.gz");
    await eventually(() => existsSync(journal), "the journal is written");
    const response = await fetch(`${earshot.url}/api/v1/erasures`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ phone_number: "+14155550100" }),
    });
    expect(await response.json()).toMatchObject({ calls_erased: 1 });
    expect(existsSync(journal)).toBe(false);
  } finally {
    await earshot.close("test");
    rmSync(folder, { recursive: true });
  }
});

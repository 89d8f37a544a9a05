import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Earshot, startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";

let folder: string;
let openai: StandIn;
let earshot: Earshot;

async function start(llm: string): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), "earshot-breakers-"));
  const file = join(folder, "agents.json");
  writeFileSync(file, JSON.stringify({ profiles: [{ name: "default", mode: "speech-gather" }] }));
  openai = await startOpenAiStandIn({ clock: systemClock, firstToken: 0, reply: () => "From the vendor." });
  const config = loadConfig({
    PORT: "0",
    DATA_DIR: ":memory:",
    LOG_LEVEL: "CRITICAL",
    AGENT_PROFILES: file,
    OPENAI_API_KEY: "oa",
    OPENAI_BASE_URL: `${openai.origin}/v1`,
    LLM_PROVIDER: llm,
    SENTIMENT_PROVIDER: "embedded",
  });
  earshot = await startEarshot(config, { clock: new ManualClock() }); // no time passes: an open breaker stays open
}

afterEach(async () => {
  await earshot.close("test");
  await openai.close();
  rmSync(folder, { recursive: true });
});

/** What the agent answers to a caller whose speech Twilio has recognised. */
async function post(path: string, fields: Record<string, string>): Promise<string> {
  const response = await fetch(`${earshot.url}${path}`, {
    method: "POST",
    body: new URLSearchParams({ CallSid: "CA1", From: "+14155550100", To: "+15005550006", ...fields }),
  });
  return response.text();
}

async function ready(query = ""): Promise<{ status: string; checks: Record<string, string> }> {
  return (await fetch(`${earshot.url}/ready${query}`)).json() as never;
}

async function breakers(): Promise<string[]> {
  const text = await (await fetch(`${earshot.url}/metrics`)).text();
  return text.split("\n").filter((line) => line.startsWith("earshot_provider_breaker{"));
}

describe("a provider that fails for all calls", () => {
  it("is not asked any more, which /ready and the metrics tell; callers are answered by the next one", async () => {
    await start("openai,embedded");
    await post("/api/phone/incoming", {});
    expect(await post("/api/phone/process-speech", { SpeechResult: "hello" })).toContain("From the vendor.");
    expect(await ready()).toEqual({ status: "ready", checks: { calls: "ok", store: "ok" } });
    openai.inject(...Array.from({ length: 20 }, () => ({ type: "status", status: 500 }) as const));
    for (let turn = 0; turn < 8; turn++) {
      const answer = await post("/api/phone/process-speech", { SpeechResult: `opening hours ${turn}` });
      expect(answer).toContain("we are open");
    }
    // One that worked and five that failed: half of the outcomes are failures from the first on, but five are needed.
    expect(openai.log.filter(({ what }) => what === "request")).toHaveLength(6);
    expect(await ready()).toEqual({
      status: "ready",
      checks: { calls: "ok", store: "ok", "llm/openai": "open: not asked until it recovers" },
    });
    expect(await breakers()).toEqual([
      'earshot_provider_breaker{port="llm",provider="openai"} 2',
      'earshot_provider_breaker{port="llm",provider="embedded"} 0',
    ]);
  });

  it("takes nobody's calls away when it is the only one: /ready stays, and says that the port is degraded", async () => {
    await start("openai");
    await post("/api/phone/incoming", {});
    openai.inject(...Array.from({ length: 20 }, () => ({ type: "status", status: 500 }) as const));
    for (let turn = 0; turn < 3; turn++)
      await post("/api/phone/process-speech", { SpeechResult: `opening hours ${turn}` });
    const degraded = {
      status: "ready",
      checks: {
        calls: "ok",
        store: "ok",
        "llm/openai": "open: it failed of late, and is asked all the same as the last of its list",
        llm: "degraded: every provider of the list failed of late",
      },
    };
    expect(await ready()).toEqual(degraded);
    expect(await ready("?for=balancer")).toEqual(degraded);
  });
});

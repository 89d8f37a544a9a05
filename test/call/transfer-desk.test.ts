import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-profiles-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The configuration of a gateway whose one profile transfers calls. */
function transferring() {
  const file = join(folder, "agents.json");
  writeFileSync(file, JSON.stringify({ profiles: [{ name: "front-desk", tools: ["transfer_call"] }] }));
  return loadConfig({ PORT: "0", DATA_DIR: ":memory:", LOG_LEVEL: "CRITICAL", AGENT_PROFILES: file });
}

describe("a profile that transfers calls", () => {
  it("is refused where there is no desk, with the tools that there are", async () => {
    await expect(startEarshot(transferring())).rejects.toThrow(/front-desk.*transfer_call.*end_call/s);
  });

  it("is accepted where there is one", async () => {
    const transferDesk = { departments: ["billing"], transfer: async () => ({ message: "Taken over." }) };
    const earshot = await startEarshot(transferring(), { transferDesk });
    await earshot.close("test");
    expect(earshot.url).toMatch(/^http/);
  });
});

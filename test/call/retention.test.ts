import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { openStore } from "../../src/store/open-store.ts";
import { eventually } from "../support/call-desk.ts";
import { aStoredCall } from "../support/calls.ts";
import { UNHURRIED } from "../support/gateway-process.ts";

const DAY = 86_400_000;

it("a gateway with RETENTION_DAYS erases at its start what is older, and keeps the rest", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "earshot-retention-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const before = await openStore({ dataDir, clock: systemClock });
  const endedDaysAgo = (sessionId: number, days: number) => {
    const endedAt = Date.now() - days * DAY;
    return aStoredCall({
      sessionId,
      sipCallId: `CA${sessionId}`,
      status: "completed",
      createdAt: endedAt,
      endedAt,
    });
  };
  await before.calls.save({ calls: [endedDaysAgo(1, 8), endedDaysAgo(2, 6), endedDaysAgo(3, 400)] }, "one");
  await before.close();

  const earshot = await startEarshot(
    loadConfig({ ...UNHURRIED, PORT: "0", DATA_DIR: dataDir, RETENTION_DAYS: "7", LOG_LEVEL: "CRITICAL" }),
  );
  const status = async (sessionId: number) =>
    (await fetch(`${earshot.url}/api/v1/calls/${sessionId}/transcript`)).status;
  await eventually(
    async () => (await status(1)) === 404 && (await status(3)) === 404,
    "old calls are erased",
    30_000,
  );
  expect(await status(2)).toBe(200);
  await earshot.close("test");
});

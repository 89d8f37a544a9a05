import { startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import type { Running } from "./conformance-suite.ts";

/** The whole product with a key and without limits, as it is configured besides. */
export async function startForConformance(environment: Readonly<Record<string, string>>): Promise<Running> {
  const key = "k-1";
  const config = loadConfig({
    PORT: "0",
    DATA_DIR: ":memory:",
    LOG_LEVEL: "CRITICAL",
    API_SECRET_KEY: key,
    RATE_LIMIT_PER_MINUTE: "0",
    RATE_LIMIT_BATCH_PER_MINUTE: "0",
    RATE_LIMIT_OUTBOUND_PER_MINUTE: "0",
    MAX_LATENESS: "0",
    ...environment,
  });
  const earshot = await startEarshot(config);
  return { url: earshot.url, key, close: () => earshot.close("test") };
}

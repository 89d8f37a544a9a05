import { join } from "node:path";
import { startServerProcess } from "../server-process.ts";

export const GATEWAY = join(import.meta.dirname, "../../src/main.ts");

const FIRST: Readonly<Record<string, string>> = {
  STT_PROVIDER: "deepgram",
  LLM_PROVIDER: "openai",
  TTS_PROVIDER: "elevenlabs",
};

/** The label under which a vendor is listed a second time. */
export const BACKUP = "backup";

/** Each vendor again as its own second; the embedded voice is the last resort. */
const WITH_BACKUP: Readonly<Record<string, string>> = {
  STT_PROVIDER: `deepgram,deepgram:${BACKUP}`,
  LLM_PROVIDER: `openai,openai:${BACKUP}`,
  TTS_PROVIDER: `elevenlabs,elevenlabs:${BACKUP},embedded`,
};

/** A gateway that does not know labels has only what is embedded for a second. */
const WITH_EMBEDDED = Object.fromEntries(
  Object.entries(FIRST).map(([name, vendor]) => [name, `${vendor},embedded`]),
);

/**
 * Two providers in each list, as this gateway understands lists.
 * @param environment with the keys of both.
 */
export async function providerLists(
  environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  try {
    const server = await startServerProcess({
      file: GATEWAY,
      environment: { ...environment, ...WITH_BACKUP },
    });
    await server.stop();
    return WITH_BACKUP;
  } catch (error) {
    if (!String(error).includes("_PROVIDER")) throw error;
    return WITH_EMBEDDED;
  }
}

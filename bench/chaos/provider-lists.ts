import { join } from "node:path";

export const GATEWAY = join(import.meta.dirname, "../../src/main.ts");

/** The label under which a vendor is listed a second time. */
export const BACKUP = "backup";

/** Each vendor again as its own second; the embedded voice is the last resort. */
export const PROVIDER_LISTS: Readonly<Record<string, string>> = {
  STT_PROVIDER: `deepgram,deepgram:${BACKUP}`,
  LLM_PROVIDER: `openai,openai:${BACKUP}`,
  TTS_PROVIDER: `elevenlabs,elevenlabs:${BACKUP},embedded`,
};

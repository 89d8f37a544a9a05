import type { AgentProfile } from "../calls/agent-profile.ts";
import type { TranscriptEntry } from "../calls/transcript.ts";

/**
 * The profile of a call that goes on in a new session of a model that hears and speaks itself: it is told what was
 * said, and begins with words that say so.
 */
export function profileToldSoFar(profile: AgentProfile, entries: readonly TranscriptEntry[]): AgentProfile {
  const lines = entries
    .slice(-MOST_LINES)
    .map(({ speaker, text }) => `${speaker === "ai_agent" ? "You" : "Caller"}: ${text}`);
  const told =
    lines.length === 0 ? "" : `\n\nThe line dropped for a moment. Said so far:\n${lines.join("\n")}`;
  return { ...profile, greeting: profile.phrases.reconnected, prompt: profile.prompt + told };
}

/** Utterances told to a new session. */
const MOST_LINES = 200;

import type { AgentProfile } from "./agent-profile.ts";

/** Said when the profile wants an announcement and has no words of its own. */
const DEFAULT_ANNOUNCEMENT = "This call may be recorded.";

/** The profile as it speaks: what has to be said of a recording comes before the greeting, uninterrupted. */
export function announcingRecording(profile: AgentProfile): AgentProfile {
  const { enabled, announce } = profile.recording;
  const resumed = profile.greeting === profile.phrases.reconnected; // the caller has heard it before the line dropped
  if (!enabled || announce === undefined || resumed) return profile;
  const notice = announce === true ? DEFAULT_ANNOUNCEMENT : announce;
  return {
    ...profile,
    greeting: `${notice} ${profile.greeting}`.trimEnd(),
    protectedSentences: [...profile.protectedSentences, notice],
  };
}

import type { AgentProfile } from "./agent-profile.ts";
import type { RecordingPolicy } from "./recordings.ts";
import type { Transcript } from "./transcript.ts";

/** Said when the profile wants an announcement and has no words of its own. */
const DEFAULT_ANNOUNCEMENT = "This call may be recorded.";

/** What callers are told of it; undefined: nothing. */
export function announcementOf({ enabled, announce }: RecordingPolicy): string | undefined {
  if (!enabled) return undefined;
  return announce === true ? DEFAULT_ANNOUNCEMENT : announce;
}

/** Whether the call's next media stream begins with the announcement: nothing was said in the call yet. */
export function beginsWithAnnouncement(
  profile: AgentProfile,
  transcript: Pick<Transcript, "entries"> | undefined,
): boolean {
  const begun = (transcript?.entries.length ?? 0) > 0;
  return !begun && announcingRecording(profile) !== profile;
}

/** The profile as it speaks: what has to be said of a recording comes before the greeting, uninterrupted. */
export function announcingRecording(profile: AgentProfile): AgentProfile {
  const notice = announcementOf(profile.recording);
  const resumed = profile.greeting === profile.phrases.reconnected; // the caller has heard it before the line dropped
  if (notice === undefined || resumed) return profile;
  return {
    ...profile,
    greeting: `${notice} ${profile.greeting}`.trimEnd(),
    protectedSentences: [...profile.protectedSentences, notice],
  };
}

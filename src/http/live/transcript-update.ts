import type { StoredEntry } from "../../calls/call-store.ts";

/** An utterance as live feeds tell it; `interim` while it goes on. */
export function transcriptUpdate({ sessionId, id, speaker, text, timestamp, final }: StoredEntry): object {
  return {
    event: "transcript_update",
    session_id: sessionId,
    id,
    speaker,
    text,
    timestamp: new Date(timestamp).toISOString(),
    interim: !final,
  };
}

/** The last message of a call's feed. @param endedAt Unix ms. */
export function callEnded(sessionId: number, reason: string | null, endedAt: number): object {
  return {
    event: "call_ended",
    session_id: sessionId,
    reason,
    timestamp: new Date(endedAt).toISOString(),
  };
}

import type { CallDirectory } from "../../calls/call-directory.ts";
import { isEnding } from "../../calls/call-lifecycle.ts";
import type { StoredCall } from "../../calls/call-store.ts";
import type { Clock } from "../../runtime/clock.ts";
import { LiveClient, type LiveSocket } from "./live-client.ts";
import { callEnded, transcriptUpdate } from "./transcript-update.ts";

export interface StoredTranscriptFeedOptions {
  readonly directory: Pick<CallDirectory, "transcript">;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** RFC 6455's registry: what the client wants cannot be served now; it may try again. */
const TRY_AGAIN_LATER = 1013;

/**
 * Tells the transcript of a call that this process does not have: it is over, or another process has it. Then
 * `call_ended` and a normal close; a call that goes on elsewhere is closed with 1013.
 *
 * @param from id of the first utterance wanted.
 */
export async function tellStoredTranscript(
  call: StoredCall,
  from: number,
  socket: LiveSocket,
  { directory, clock, onError }: StoredTranscriptFeedOptions,
): Promise<void> {
  const { sessionId, status, endReason, endedAt } = call;
  const client = new LiveClient({
    socket,
    clock,
    droppedNotice: (count) => ({ event: "updates_dropped", session_id: sessionId, count }),
    onClosed: () => {},
  });
  client.start();
  try {
    const entries = (await directory.transcript(sessionId)) ?? [];
    await client.sendAll(entries.filter(({ id }) => id >= from).map(transcriptUpdate));
    if (isEnding(status)) client.finish(callEnded(sessionId, endReason, endedAt ?? clock.wall()));
    else client.close(TRY_AGAIN_LATER, "the call is not with this process");
  } catch (error) {
    onError(error);
    client.close(TRY_AGAIN_LATER, "the transcript cannot be read");
  }
}

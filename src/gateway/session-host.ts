import type { Call } from "../calls/call.ts";
import type { EndReason } from "../calls/call-event.ts";
import type { RecordingTarget } from "../calls/recordings.ts";
import type { MediaSink } from "../pipeline/media-sink.ts";
import type { Clock } from "../runtime/clock.ts";
import type { MediaCounters } from "./media-counters.ts";
import type { MediaStreamSession } from "./media-stream-session.ts";

/** What a session needs from the rest of the product. */
export interface SessionHost {
  readonly clock: Clock;
  readonly counters: MediaCounters;
  /** Checks and spends the stream's token; rejects when the stream must not be served. */
  claim(token: string, sipCallId: string): Promise<Call>;
  /** The conversation of a call whose media has come. */
  conversation(call: Call): MediaSink;
  /** Who wants to be told every message of the call's stream, as it came, before it is acted on. */
  observer?(call: Call): ((raw: Buffer) => void) | undefined;
  /** Where the call is recorded, if it is; `fromAgent`: from the agent's first words on, which say so. */
  recording(call: Call): { readonly target: RecordingTarget; readonly fromAgent: boolean } | undefined;
  mediaStarted(call: Call, session: MediaStreamSession, streamSid: string): void;
  /** The stream is over: the caller hung up, or the socket is of no more use. */
  mediaEnded(call: Call, reason: EndReason): void;
  /** A fault of ours, which ends this stream and no other. */
  failed(error: unknown): void;
}

import { type Static, Type } from "typebox";
import type { StoredEntry } from "../../calls/call-store.ts";
import { isoTime } from "./moment.ts";

/** One utterance, named `TranscriptEntry` in the OpenAPI document. */
export const transcriptEntry = Type.Object(
  {
    id: Type.Integer({ description: "Counts from 1 within the call and rises with `timestamp`" }),
    session_id: Type.Integer(),
    speaker: Type.Enum(["customer", "ai_agent"]),
    text: Type.String({ description: "What was said; of the agent, what the caller has heard" }),
    timestamp: Type.String({ format: "date-time", description: "Start of the utterance" }),
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
  },
  {
    $id: "TranscriptEntry",
    title: "TranscriptEntry",
    examples: [
      {
        id: 1,
        session_id: 123,
        speaker: "customer",
        text: "Hello, I need help with my account",
        timestamp: "2025-01-15T10:30:05.000Z",
        confidence: 0.95,
      },
    ],
  },
);

export function transcriptEntryBody(entry: StoredEntry): Static<typeof transcriptEntry> {
  return {
    id: entry.id,
    session_id: entry.sessionId,
    speaker: entry.speaker,
    text: entry.text,
    timestamp: isoTime(entry.timestamp),
    confidence: entry.confidence,
  };
}

/** A call in a path. */
export const sessionParams = Type.Object({
  session_id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [123] }),
});

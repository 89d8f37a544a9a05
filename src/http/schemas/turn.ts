import { type Static, Type } from "typebox";
import type { TurnRecord } from "../../calls/turn-record.ts";
import { isoTime, moment } from "./moment.ts";

const ms = (description: string) => Type.Integer({ minimum: 0, description: `${description}, in ms` });

const provider = (what: string) => Type.Optional(Type.String({ description: `Who ${what}` }));

/** What one turn spent where, named `Turn` in the OpenAPI document. */
export const turnSchema = Type.Object(
  {
    turn: Type.Integer({ description: "Number of the agent's turn; rises within the call" }),
    speech_ended_at: moment("When the caller had finished speaking"),
    parts: Type.Object(
      {
        endpoint_ms: ms("Until the caller's turn was taken to be over"),
        stt_final_ms: ms("Until the recogniser's final words were there"),
        first_token_ms: ms("Until the language model's first token"),
        first_clause_ms: ms("Until there were enough words for the voice"),
        first_byte_ms: ms("Until the voice's first audio"),
        sent_ms: ms("Until the first audio was sent to the caller"),
        heard_ms: ms("Until the caller heard it"),
      },
      { description: "In the order of time; 0 for what was there before its predecessor was" },
    ),
    total_ms: ms("The sum of the parts: what the caller waited"),
    providers: Type.Object({
      stt: provider("recognised the words"),
      llm: provider("made the answer"),
      tts: provider("spoke it"),
    }),
    interrupted: Type.Boolean({ description: "Whether the caller cut the answer short" }),
  },
  {
    $id: "Turn",
    title: "Turn",
    examples: [
      {
        turn: 1,
        speech_ended_at: "2025-01-15T10:30:05.000Z",
        parts: {
          endpoint_ms: 350,
          stt_final_ms: 0,
          first_token_ms: 60,
          first_clause_ms: 40,
          first_byte_ms: 90,
          sent_ms: 4,
          heard_ms: 21,
        },
        total_ms: 565,
        providers: { stt: "deepgram", llm: "openai", tts: "elevenlabs" },
        interrupted: false,
      },
    ],
  },
);

export function turnBody(record: TurnRecord): Static<typeof turnSchema> {
  const { turn, speechEndedAt, parts, total, providers, interrupted } = record;
  return {
    turn,
    speech_ended_at: isoTime(speechEndedAt),
    parts: {
      endpoint_ms: parts.endpoint,
      stt_final_ms: parts["stt-final"],
      first_token_ms: parts["first-token"],
      first_clause_ms: parts["first-clause"],
      first_byte_ms: parts["first-byte"],
      sent_ms: parts.sent,
      heard_ms: parts.heard,
    },
    total_ms: total,
    providers: { ...providers },
    interrupted,
  };
}

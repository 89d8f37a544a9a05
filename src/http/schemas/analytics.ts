import { Type } from "typebox";
import type { CallSummary } from "../../calls/call-summary.ts";
import { moment } from "./moment.ts";

const count = (description: string) => Type.Integer({ minimum: 0, description });
const rate = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const LATER = "always 0 in this version, which has no queue and no human agents";

export const realtimeFigures = Type.Object(
  {
    active_calls: count("Calls that have not ended, ringing ones included"),
    inbound_active: count("Those that came in"),
    outbound_active: count("Those that were placed"),
    queue_length: count(`Callers that wait for a human agent; ${LATER}`),
    avg_wait_time_seconds: count(`How long they have waited; ${LATER}`),
    agents_online: count(`Human agents that take calls; ${LATER}`),
    agents_busy: count(`Human agents in a call; ${LATER}`),
    timestamp: moment("When this was so"),
  },
  {
    examples: [
      {
        active_calls: 8,
        inbound_active: 5,
        outbound_active: 3,
        queue_length: 0,
        avg_wait_time_seconds: 0,
        agents_online: 0,
        agents_busy: 0,
        timestamp: "2025-01-15T10:30:00.000Z",
      },
    ],
  },
);

export const callFigures = Type.Object(
  {
    total_calls: count("Calls created in the span"),
    inbound_calls: count("Those that came in"),
    outbound_calls: count("Those that were placed"),
    avg_duration_seconds: count(
      "Whole seconds from answer to end, of the answered calls that have ended; 0 without any",
    ),
    completion_rate: rate("Completed calls among those that have ended, 0 to 1; 0 without any"),
    transfer_rate: rate("Calls transferred at least once among those that have ended, 0 to 1; 0 without any"),
    sentiment_distribution: Type.Object(
      { positive: count("Calls"), neutral: count("Calls"), negative: count("Calls") },
      { description: "Calls whose caller has said something, by how he sounded" },
    ),
  },
  {
    examples: [
      {
        total_calls: 150,
        inbound_calls: 100,
        outbound_calls: 50,
        avg_duration_seconds: 240,
        completion_rate: 0.95,
        transfer_rate: 0.15,
        sentiment_distribution: { positive: 80, neutral: 50, negative: 20 },
      },
    ],
  },
);

export function callFiguresBody({
  inbound,
  outbound,
  ended,
  completed,
  transferred,
  averageDuration,
  sentiments,
}: CallSummary) {
  return {
    total_calls: inbound + outbound,
    inbound_calls: inbound,
    outbound_calls: outbound,
    avg_duration_seconds: Math.round(averageDuration / 1000),
    completion_rate: share(completed, ended),
    transfer_rate: share(transferred, ended),
    sentiment_distribution: { ...sentiments },
  };
}

/** To four decimals. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000;
}

import { createHash } from "node:crypto";
import type { CallEvent } from "../calls/call-event.ts";

/** What the conversation decided, and when: `at` in ms since the call began to ring. */
export interface Decision {
  readonly at: number;
  readonly type: DecisionType;
  readonly turn?: number;
  /** What it was decided on or to: the caller's words, the heard words, an outcome, a cause. */
  readonly text?: string;
  readonly speechEndedAt?: number;
  readonly interrupted?: boolean;
}

type DecisionType =
  | "turn-committed"
  | "barge-in"
  | "barge-in-decided"
  | "speculated"
  | "dead-air"
  | "turn-abandoned"
  | "agent-started"
  | "agent-heard"
  | "call-ended";

/** The decision in an event of a call, if it is one. `since` turns the clock's times into the call's. */
export function decisionIn(event: CallEvent, since: (at: number) => number): Decision | undefined {
  const at = since(event.at);
  switch (event.type) {
    case "turn-committed": {
      const { type, turn, callerText, speechEndedAt } = event;
      return { at, type, turn, text: callerText, speechEndedAt: since(speechEndedAt) };
    }
    case "barge-in":
    case "turn-abandoned":
      return { at, type: event.type, turn: event.turn };
    case "barge-in-decided":
      return { at, type: event.type, turn: event.turn, text: event.outcome };
    case "speculated":
      return { at, type: event.type, turn: event.turn, text: event.accepted ? "accepted" : "discarded" };
    case "dead-air":
      return { at, type: event.type, text: event.cause };
    case "stage-reached":
      return event.stage === "first-audio-sent" ? { at, type: "agent-started", turn: event.turn } : undefined;
    case "agent-heard": {
      const { type, turn, text, interrupted } = event;
      return event.final ? { at, type, turn, text, interrupted } : undefined;
    }
    case "call-ended":
      return { at, type: event.type, text: event.reason };
    default:
      return undefined;
  }
}

/** SHA-256 in hex. */
export function digestOf(decisions: readonly Decision[]): string {
  return createHash("sha256").update(JSON.stringify(decisions)).digest("hex");
}

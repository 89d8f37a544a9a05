import type { CallEvent } from "../calls/call-event.ts";
import type { CallRecord, CallRegistry } from "../calls/call-registry.ts";
import { TurnTimingsFold } from "../calls/turn-timings.ts";
import type { Cancel } from "../runtime/clock.ts";
import { BoundedLabels } from "./bounded-labels.ts";
import { FirstByteTimes } from "./first-byte-times.ts";
import type { Metrics } from "./metrics.ts";
import { stageDurations } from "./turn-stages.ts";

/** Different tool names that are told apart; a language model may invent others. */
const TOOL_NAMES = 50;

interface Folds {
  readonly turns: TurnTimingsFold;
  readonly firstBytes: FirstByteTimes;
}

/** Counts what happens in all calls, as an observer of their events. Answers its own undo. */
export function observeCalls(registry: CallRegistry, metrics: Metrics): Cancel {
  const folds = new Map<number, Folds>();
  const tools = new BoundedLabels(TOOL_NAMES);
  return registry.events.on("event", (event) => {
    if (event.type === "call-ended") folds.delete(event.sessionId);
    else observeTurns(event, foldsOf(folds, event.sessionId), metrics);
    count(event, metrics, tools);
    if (event.type === "call-ended") observeDuration(registry.find(event.sessionId), metrics);
  });
}

function foldsOf(all: Map<number, Folds>, sessionId: number): Folds {
  const known = all.get(sessionId) ?? { turns: new TurnTimingsFold(), firstBytes: new FirstByteTimes() };
  all.set(sessionId, known);
  return known;
}

function observeTurns(event: CallEvent, { turns, firstBytes }: Folds, metrics: Metrics): void {
  const firstByte = firstBytes.apply(event);
  if (firstByte !== undefined) {
    const { port, provider, duration } = firstByte;
    metrics.firstByte.observe({ port, provider }, duration / 1000);
  }
  const timings = turns.apply(event);
  if (timings === undefined) return;
  for (const { stage, duration } of stageDurations(timings)) {
    metrics.turnLatency.observe({ stage }, duration / 1000);
  }
}

function count(event: CallEvent, metrics: Metrics, tools: BoundedLabels): void {
  switch (event.type) {
    case "call-started":
      metrics.callsStarted.inc({ direction: event.direction });
      break;
    case "call-ended":
      metrics.callsEnded.inc({ reason: event.reason });
      break;
    case "barge-in":
      metrics.bargeIns.inc();
      break;
    case "barge-in-decided":
      metrics.bargeInsDecided.inc({ outcome: event.outcome });
      break;
    case "speculated": {
      const outcome = event.accepted ? "accepted" : "wasted";
      metrics.speculations.inc({ outcome });
      metrics.speculatedTokens.inc({ outcome }, event.tokens);
      metrics.speculatedCharacters.inc({ outcome }, event.characters);
      break;
    }
    case "turn-abandoned":
      metrics.turnsAbandoned.inc();
      break;
    case "dead-air":
      metrics.deadAir.inc({ cause: event.cause });
      break;
    case "tool-called":
      metrics.toolCalls.inc({ tool: tools.label(event.tool), ok: String(event.ok) });
      break;
    case "provider-failed":
      metrics.providerErrors.inc({ port: event.port, provider: event.provider, code: event.code });
      break;
    default:
  }
}

function observeDuration(record: CallRecord | undefined, metrics: Metrics): void {
  if (record?.endedAt === undefined) return;
  const startedAt = record.answeredAt ?? record.call.createdAt;
  metrics.callDuration.observe(Math.max(0, record.endedAt - startedAt) / 1000);
}

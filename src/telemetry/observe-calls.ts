import type { CallEvent } from "../calls/call-event.ts";
import type { CallRecord } from "../calls/call-record.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { StoredCall } from "../calls/call-store.ts";
import { storedView } from "../calls/stored-view.ts";
import { type TurnRecord, turnParts } from "../calls/turn-record.ts";
import type { Cancel } from "../runtime/clock.ts";
import { BoundedLabels } from "./bounded-labels.ts";
import { FirstByteTimes } from "./first-byte-times.ts";
import type { Metrics } from "./metrics.ts";

/** Different tool names that are told apart; a language model may invent others. */
const TOOL_NAMES = 50;

/** Counts what happens in all calls, as an observer of their events. Answers its own undo. */
export function observeCalls(registry: CallRegistry, metrics: Metrics): Cancel {
  const firstBytes = new Map<number, FirstByteTimes>();
  const tools = new BoundedLabels(TOOL_NAMES);
  const undo = [
    registry.events.on("event", (event) => {
      if (event.type === "call-ended" || event.type === "call-moved") firstBytes.delete(event.sessionId);
      else observeFirstBytes(event, timesOf(firstBytes, event.sessionId), metrics);
      count(event, metrics, tools);
      if (event.type === "call-ended") observeEnd(registry.find(event.sessionId), metrics);
    }),
    registry.events.on("refused", (refusal) => metrics.callsRefused.inc(refusal)),
    registry.events.on("queue-left", (left) => metrics.queueLeft.inc(left)),
    registry.events.on("turn", ({ record }) => observeTurn(record, metrics)),
  ];
  return () => {
    for (const cancel of undo) cancel();
  };
}

function timesOf(all: Map<number, FirstByteTimes>, sessionId: number): FirstByteTimes {
  const known = all.get(sessionId) ?? new FirstByteTimes();
  all.set(sessionId, known);
  return known;
}

function observeFirstBytes(event: CallEvent, times: FirstByteTimes, metrics: Metrics): void {
  const firstByte = times.apply(event);
  if (firstByte === undefined) return;
  const { port, provider, duration } = firstByte;
  metrics.firstByte.observe({ port, provider }, duration / 1000);
}

function observeTurn({ parts, total }: TurnRecord, metrics: Metrics): void {
  for (const stage of turnParts) metrics.turnLatency.observe({ stage }, parts[stage] / 1000);
  metrics.turnLatency.observe({ stage: "total" }, total / 1000);
}

function count(event: CallEvent, metrics: Metrics, tools: BoundedLabels): void {
  switch (event.type) {
    case "call-started":
      metrics.callsStarted.inc({ direction: event.direction });
      break;
    case "call-ended":
      metrics.callsEnded.inc({ reason: event.reason });
      break;
    case "call-moved":
      metrics.callsMoved.inc({ direction: "out" });
      break;
    case "call-resumed":
      metrics.callsMoved.inc({ direction: "in" });
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

function observeEnd(record: CallRecord | undefined, metrics: Metrics): void {
  if (record?.endedAt === undefined) return;
  countUsage(storedView(record), metrics);
  const startedAt = record.answeredAt ?? record.call.createdAt;
  metrics.callDuration.observe(Math.max(0, record.endedAt - startedAt) / 1000);
}

function countUsage({ usage, cost }: Pick<StoredCall, "usage" | "cost">, metrics: Metrics): void {
  if (usage !== null) {
    metrics.usedSeconds.inc({ kind: "telephony" }, usage.telephony / 1000);
    metrics.usedSeconds.inc({ kind: "stt" }, usage.stt / 1000);
    metrics.usedTokens.inc({ kind: "input" }, usage.inputTokens);
    metrics.usedTokens.inc({ kind: "output" }, usage.outputTokens);
    metrics.usedCharacters.inc(usage.ttsCharacters);
  }
  if (cost === null) return;
  for (const kind of ["telephony", "stt", "llm", "tts"] as const) metrics.cost.inc({ kind }, cost[kind]);
}

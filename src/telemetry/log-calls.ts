import { callId } from "../calls/call.ts";
import type { CallEvent } from "../calls/call-event.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { Cancel } from "../runtime/clock.ts";

/** What a log takes: attributes, then a short stable message. */
interface Log {
  debug(attributes: object, message: string): void;
  info(attributes: object, message: string): void;
  warn(attributes: object, message: string): void;
}

/** Writes a call's milestones into the log, without anything that a caller said. Answers its own undo. */
export function logCalls(registry: CallRegistry, log: Log): Cancel {
  return registry.events.on("event", (event) => {
    const call_id = callId(event.sessionId);
    const line = lineOf(event);
    if (line !== undefined) log[line.level]({ call_id, ...line.attributes }, line.message);
  });
}

interface Line {
  readonly level: "debug" | "info" | "warn";
  readonly message: string;
  readonly attributes?: object;
}

function lineOf(event: CallEvent): Line | undefined {
  switch (event.type) {
    case "call-started":
      return { level: "info", message: "call started", attributes: { direction: event.direction } };
    case "call-placed":
      return { level: "info", message: "call placed", attributes: { sip_call_id: event.sipCallId } };
    case "call-answered":
      return { level: "info", message: "call answered" };
    case "media-started":
      return { level: "info", message: "media started", attributes: { stream_id: event.streamId } };
    case "media-lost":
      return { level: "warn", message: "media lost, waiting for it to come back" };
    case "call-resumed":
      return { level: "info", message: "call taken over from another process" };
    case "call-moved":
      return { level: "info", message: "call goes on in another process" };
    case "turn-committed":
      return { level: "debug", message: "turn committed", attributes: { turn: event.turn } };
    case "barge-in":
      return { level: "debug", message: "barge-in", attributes: { turn: event.turn } };
    case "dead-air":
      return { level: "warn", message: "dead air", attributes: { cause: event.cause } };
    case "provider-failed": {
      const { port, provider, code, detail } = event;
      return { level: "warn", message: "provider failed", attributes: { port, provider, code, detail } };
    }
    case "call-ended":
      return {
        level: "info",
        message: "call ended",
        attributes: { reason: event.reason, status: event.status },
      };
    default:
      return undefined;
  }
}

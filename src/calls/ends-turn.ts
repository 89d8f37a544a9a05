import type { CallEvent } from "./call-event.ts";

/** Whether nothing more will be told of the turn that the event names. */
export function endsTurn(event: CallEvent): event is Extract<CallEvent, { readonly turn: number }> {
  if (event.type === "turn-abandoned") return true;
  return (event.type === "agent-heard" && event.final) || (event.type === "speculated" && !event.accepted);
}

import type { Message } from "./language-model.ts";

/** A conversation that stopped in the middle of the agent's answer, as the model is asked for the rest of it. */
export interface GoingOn {
  readonly messages: readonly Message[];
  /** What was said of the answer, or is being said. */
  readonly continuing?: string;
}

/** Takes what the agent has said last off the end of the history: it is part of the reply that is asked for. */
export function goingOn(messages: readonly Message[]): GoingOn {
  const before = messages.findLastIndex(({ role }) => role !== "agent") + 1;
  const said = messages.slice(before).map((message) => ("text" in message ? message.text : ""));
  const continuing = said.filter((text) => text !== "").join(" ");
  return continuing === "" ? { messages } : { messages: messages.slice(0, before), continuing };
}

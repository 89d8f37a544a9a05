import { protocolError } from "./deepgram-errors.ts";

/** A server message: an object with a `type`. Everything else in it is checked where it is used. */
export interface JsonMessage {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Throws `PROVIDER_PROTOCOL` when the text is not JSON or not an object with a `type`. */
export function parseMessage(data: string): JsonMessage {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (error) {
    throw protocolError("a message is not JSON", error);
  }
  if (typeof fieldOf(value, "type") !== "string") throw protocolError("a message has no type");
  return value as JsonMessage;
}

/** A field of what may not be an object. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

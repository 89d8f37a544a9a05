import { protocolError, type ReportedError } from "./realtime-error.ts";

/**
 * The server events that are looked at, in the shape of `openai/resources/realtime/realtime`. Whatever else comes is
 * `other`: the service adds events without notice.
 */
export type ServerEvent =
  | { readonly type: "session.created" }
  | { readonly type: "session.updated" }
  | { readonly type: "error"; readonly error: ReportedError; readonly causedBy: string | undefined }
  | { readonly type: "input_audio_buffer.speech_started"; readonly item: string }
  | { readonly type: "input_audio_buffer.speech_stopped"; readonly item: string }
  | { readonly type: "transcription.delta"; readonly item: string; readonly text: string }
  | { readonly type: "transcription.completed"; readonly item: string; readonly text: string }
  | { readonly type: "transcription.failed"; readonly item: string; readonly error: ReportedError }
  | { readonly type: "response.created"; readonly reply: string; readonly turn: number | undefined }
  | {
      readonly type: "response.output_audio_transcript.delta";
      readonly reply: string;
      readonly item: string;
      readonly text: string;
    }
  | {
      readonly type: "response.output_audio.delta";
      readonly reply: string;
      readonly item: string;
      readonly mulaw: Buffer;
    }
  | { readonly type: "response.output_item.done"; readonly reply: string; readonly item: string }
  | {
      readonly type: "response.function_call_arguments.done";
      readonly reply: string;
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly type: "response.done";
      readonly reply: string;
      readonly status: string;
      readonly error: ReportedError | undefined;
    }
  | { readonly type: "other" };

type Fields = Readonly<Record<string, unknown>>;

/** Reads one message. Throws `PROVIDER_PROTOCOL` when it is not JSON, or an event that is looked at lacks a field. */
export function readServerEvent(data: string): ServerEvent {
  const event = parse(data);
  const type = text(event, "type");
  return Object.hasOwn(readers, type) ? (readers[type]?.(event) ?? { type: "other" }) : { type: "other" };
}

const TRANSCRIPTION = "conversation.item.input_audio_transcription";

const readers: Readonly<Record<string, (event: Fields) => ServerEvent>> = {
  "session.created": () => ({ type: "session.created" }),
  "session.updated": () => ({ type: "session.updated" }),
  error: ({ error }) => {
    const causedBy = fieldsOf(error).event_id;
    return {
      type: "error",
      error: fieldsOf(error),
      causedBy: typeof causedBy === "string" ? causedBy : undefined,
    };
  },
  "input_audio_buffer.speech_started": (event) => ({
    type: "input_audio_buffer.speech_started",
    item: text(event, "item_id"),
  }),
  "input_audio_buffer.speech_stopped": (event) => ({
    type: "input_audio_buffer.speech_stopped",
    item: text(event, "item_id"),
  }),
  [`${TRANSCRIPTION}.delta`]: (event) => ({
    type: "transcription.delta",
    item: text(event, "item_id"),
    text: typeof event.delta === "string" ? event.delta : "",
  }),
  [`${TRANSCRIPTION}.completed`]: (event) => ({
    type: "transcription.completed",
    item: text(event, "item_id"),
    text: text(event, "transcript"),
  }),
  [`${TRANSCRIPTION}.failed`]: (event) => ({
    type: "transcription.failed",
    item: text(event, "item_id"),
    error: fieldsOf(event.error),
  }),
  "response.created": (event) => {
    const response = fieldsOf(event.response);
    return { type: "response.created", reply: text(response, "id"), turn: turnOf(response.metadata) };
  },
  "response.output_audio_transcript.delta": (event) => ({
    type: "response.output_audio_transcript.delta",
    reply: text(event, "response_id"),
    item: text(event, "item_id"),
    text: text(event, "delta"),
  }),
  "response.output_audio.delta": (event) => ({
    type: "response.output_audio.delta",
    reply: text(event, "response_id"),
    item: text(event, "item_id"),
    mulaw: Buffer.from(text(event, "delta"), "base64"),
  }),
  "response.output_item.done": (event) => ({
    type: "response.output_item.done",
    reply: text(event, "response_id"),
    item: text(fieldsOf(event.item), "id"),
  }),
  "response.function_call_arguments.done": (event) => ({
    type: "response.function_call_arguments.done",
    reply: text(event, "response_id"),
    callId: text(event, "call_id"),
    name: text(event, "name"),
    arguments: text(event, "arguments"),
  }),
  "response.done": (event) => {
    const response = fieldsOf(event.response);
    const { error } = fieldsOf(response.status_details);
    return {
      type: "response.done",
      reply: text(response, "id"),
      status: text(response, "status"),
      error: error === undefined || error === null ? undefined : fieldsOf(error),
    };
  },
};

function parse(data: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (error) {
    throw protocolError("a message is not JSON", error);
  }
  return fieldsOf(value);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw protocolError(`an event has no ${name}`);
  return value;
}

/** The turn that a request was made for, in the metadata that the service gives back with the response. */
function turnOf(metadata: unknown): number | undefined {
  const { turn } = fieldsOf(metadata);
  return typeof turn === "string" && /^\d+$/.test(turn) ? Number(turn) : undefined;
}

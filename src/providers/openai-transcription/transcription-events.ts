import type {
  AudioTranscription,
  RealtimeClientEvent,
  RealtimeTranscriptionSessionCreateRequest,
} from "openai/resources/realtime/realtime";
import { protocolError, type ReportedError } from "./transcription-error.ts";

export interface TranscriptionSettings {
  readonly model: string;
  /** BCP 47. */
  readonly language: string;
}

/** They name our own events in the service's complaints. */
export const SESSION_EVENT = "session";
export const HINTS_EVENT = "hints";

/** The service says nothing of a limit. */
const MOST_KEYWORDS = 100;

/** Whether the model takes words that are likely to come (`AudioTranscription.keywords`). */
export function takesKeywords(model: string): boolean {
  return /^gpt-(live-)?transcribe/.test(model);
}

/** Whether the model writes while audio is still coming; others begin when it is committed. */
export function writesLive(model: string): boolean {
  return /^gpt-(live-|realtime-)/.test(model);
}

/**
 * The session as the gateway needs it. `audio/pcmu` has no `rate`. Turn detection is off: the live models have none
 * (guide "Realtime transcription"), and the gateway knows itself when the caller has paused.
 * @param event {@link SESSION_EVENT} or {@link HINTS_EVENT}.
 */
export function sessionUpdate(
  { model, language }: TranscriptionSettings,
  keywords: readonly string[],
  event: string,
): string {
  const transcription: AudioTranscription = {
    model,
    language: language.split("-", 1)[0] as string,
    ...(takesKeywords(model) && { keywords: keywords.slice(0, MOST_KEYWORDS) }),
    // Of this model alone; the default waits longer.
    ...(model.startsWith("gpt-realtime-whisper") && { delay: "low" }),
  };
  const session: RealtimeTranscriptionSessionCreateRequest = {
    type: "transcription",
    audio: { input: { format: { type: "audio/pcmu" }, transcription, turn_detection: null } },
  };
  return encode({ type: "session.update", event_id: event, session });
}

/** Audio of the caller. Written by hand: ten a second in every call. */
export function audioAppend(mulaw: Uint8Array): string {
  const audio = Buffer.from(mulaw.buffer, mulaw.byteOffset, mulaw.byteLength).toString("base64");
  return `{"type":"input_audio_buffer.append","audio":"${audio}"}`;
}

/** What was appended is to be written down. @param id comes back with a complaint about it. */
export function audioCommit(id: string): string {
  return encode({ type: "input_audio_buffer.commit", event_id: id });
}

/** What was appended was no speech. */
export function audioClear(): string {
  return encode({ type: "input_audio_buffer.clear" });
}

function encode(event: RealtimeClientEvent): string {
  return JSON.stringify(event);
}

/** The server events that are looked at; whatever else comes is `other`. */
export type ServerEvent =
  | { readonly type: "session.updated" }
  | { readonly type: "committed"; readonly item: string }
  | { readonly type: "delta"; readonly item: string; readonly text: string }
  | { readonly type: "completed"; readonly item: string; readonly text: string }
  | { readonly type: "failed"; readonly item: string; readonly error: ReportedError }
  | { readonly type: "error"; readonly error: ReportedError; readonly causedBy: string | undefined }
  | { readonly type: "other" };

type Fields = Readonly<Record<string, unknown>>;

const TRANSCRIPTION = "conversation.item.input_audio_transcription";

/** Reads one message. Throws `PROVIDER_PROTOCOL` when it is not JSON, or an event that is looked at lacks a field. */
export function readServerEvent(data: string): ServerEvent {
  const event = parse(data);
  switch (text(event, "type")) {
    case "session.updated":
      return { type: "session.updated" };
    case "input_audio_buffer.committed":
      return { type: "committed", item: text(event, "item_id") };
    case `${TRANSCRIPTION}.delta`: {
      const { delta } = event;
      return { type: "delta", item: text(event, "item_id"), text: typeof delta === "string" ? delta : "" };
    }
    case `${TRANSCRIPTION}.completed`:
      return { type: "completed", item: text(event, "item_id"), text: text(event, "transcript") };
    case `${TRANSCRIPTION}.failed`:
      return { type: "failed", item: text(event, "item_id"), error: fieldsOf(event.error) };
    case "error": {
      const error = fieldsOf(event.error);
      const causedBy = typeof error.event_id === "string" ? error.event_id : undefined;
      return { type: "error", error, causedBy };
    }
    default:
      return { type: "other" };
  }
}

function parse(data: string): Fields {
  try {
    return fieldsOf(JSON.parse(data));
  } catch (error) {
    throw protocolError("a message is not JSON", error);
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw protocolError(`an event has no ${name}`);
  return value;
}

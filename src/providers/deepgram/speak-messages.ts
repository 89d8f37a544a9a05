import { SAMPLE_RATE } from "../../audio/audio-format.ts";
import { parseMessage } from "./json-message.ts";

/** Makes the vendor speak what it has; it answers with `Flushed` once all of that was sent. */
export const FLUSH = '{"type":"Flush"}';
/** Makes the vendor forget what it has not sent; it answers with `Cleared`. */
export const CLEAR = '{"type":"Clear"}';
/** No more text comes. */
export const CLOSE = '{"type":"Close"}';

/** Path and query of `v1/speak` for raw telephone audio. The model is the voice. */
export function speakPath(model: string): string {
  const parameters = new URLSearchParams({ model, encoding: "mulaw", sample_rate: String(SAMPLE_RATE) });
  return `/v1/speak?${parameters}`;
}

export function encodeSpeak(text: string): string {
  return JSON.stringify({ type: "Speak", text });
}

/** What a text message means; audio comes as binary ones. `other`: a type that needs nothing done (`Metadata`, new ones). */
export type SpeakMessage =
  | { readonly type: "flushed" }
  | { readonly type: "cleared" }
  /** Something sent was not done; `code` is the vendor's word for it. */
  | { readonly type: "warning"; readonly code: string; readonly description: string }
  | { readonly type: "error"; readonly code: string; readonly description: string }
  | { readonly type: "other" };

/** Throws `PROVIDER_PROTOCOL` for what the protocol does not allow. */
export function parseSpeak(data: string): SpeakMessage {
  const { type, code, description } = parseMessage(data);
  const detail = { code: String(code ?? ""), description: String(description ?? "").slice(0, 500) };
  if (type === "Flushed") return { type: "flushed" };
  if (type === "Cleared") return { type: "cleared" };
  if (type === "Warning") return { type: "warning", ...detail };
  if (type === "Error") return { type: "error", ...detail };
  return { type: "other" };
}

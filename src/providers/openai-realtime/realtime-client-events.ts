import type { RealtimeClientEvent, RealtimeSessionCreateRequest } from "openai/resources/realtime/realtime";
import type { ReplyDemand, SpeechSessionOptions } from "../../pipeline/speech-to-speech.ts";

/** How the service finds the end of the caller's turn. */
export type TurnDetection = "server_vad" | "semantic_vad";

export interface SessionSettings extends SpeechSessionOptions {
  readonly turnDetection: TurnDetection;
  readonly defaultVoice: string;
  readonly transcriptionModel: string;
}

/** The voices that are part of the service; `RealtimeAudioConfigOutput.voice`. */
const builtInVoices: ReadonlySet<string> = new Set([
  ...["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"],
]);

/**
 * Tokens of one reply, its speech included; the most that is ever queued for the caller's ear. By the vendor's account
 * an audio token is 50 ms of the model's speech, so about 100 s (not measured here). The reply then ends as `incomplete`.
 */
const MOST_OUTPUT_TOKENS = 2048;

/**
 * The session as the gateway needs it. `audio/pcmu` both ways and without a `rate`, which the service refuses for it;
 * the names of the beta (`g711_ulaw`) are not understood any more.
 */
export function sessionUpdate(settings: SessionSettings): string {
  const { interruptible, turnDetection } = settings;
  const [language] = settings.language.split("-");
  const session: RealtimeSessionCreateRequest = {
    type: "realtime",
    output_modalities: ["audio"],
    instructions: settings.prompt,
    max_output_tokens: MOST_OUTPUT_TOKENS,
    audio: {
      input: {
        format: { type: "audio/pcmu" },
        transcription: { model: settings.transcriptionModel, ...(language && { language }) },
        turn_detection: { type: turnDetection, create_response: true, interrupt_response: interruptible },
      },
      output: { format: { type: "audio/pcmu" }, voice: voiceOf(settings) },
    },
    tools: settings.tools.map(({ name, description, parameters }) => ({
      type: "function",
      name,
      description,
      parameters,
    })),
    tool_choice: "auto",
  };
  return encode({ type: "session.update", event_id: SESSION_EVENT, session });
}

/** Names the session's own update in the service's complaints. */
export const SESSION_EVENT = "session";

/** Audio of the caller. Written by hand: fifty a second in every call. */
export function audioAppend(mulaw: Uint8Array): string {
  const audio = Buffer.from(mulaw.buffer, mulaw.byteOffset, mulaw.byteLength).toString("base64");
  return `{"type":"input_audio_buffer.append","audio":"${audio}"}`;
}

export function callerText(text: string): string {
  const content = [{ type: "input_text" as const, text }];
  return encode({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
}

export function functionCallOutput(callId: string, output: string): string {
  const item = { type: "function_call_output" as const, call_id: callId, output };
  return encode({ type: "conversation.item.create", item });
}

/** @param id comes back with a complaint about it. */
export function responseCreate(id: string, { turn, say }: ReplyDemand): string {
  const metadata = { turn: String(turn) };
  const response =
    say === undefined
      ? { metadata }
      : {
          metadata,
          instructions: `Say exactly the following to the caller, and nothing else: "${say}"`,
          tool_choice: "none" as const,
        };
  return encode({ type: "response.create", event_id: id, response });
}

export function responseCancel(reply: string): string {
  return encode({ type: "response.cancel", response_id: reply });
}

export function itemTruncate(item: string, audioEnd: number): string {
  return encode({
    type: "conversation.item.truncate",
    item_id: item,
    content_index: 0,
    audio_end_ms: audioEnd,
  });
}

/** A profile's voice may be meant for another provider: the service would refuse the whole session for it. */
function voiceOf({ voice, defaultVoice }: SessionSettings): string | { id: string } {
  if (voice?.startsWith("voice_")) return { id: voice };
  return voice !== undefined && builtInVoices.has(voice) ? voice : defaultVoice;
}

function encode(event: RealtimeClientEvent): string {
  return JSON.stringify(event);
}

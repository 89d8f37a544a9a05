import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../runtime/clock.ts";
import { SpeechContext, type SpeechPace, type SpokenChunk } from "./elevenlabs-context.ts";
import type { BuzzVoice } from "./elevenlabs-voice.ts";
import type { FaultedConnection } from "./fault-plan.ts";

export interface SpeechRequestOptions {
  readonly clock: Clock;
  readonly voice: BuzzVoice;
  readonly pace: SpeechPace;
  readonly fault: FaultedConnection;
  readonly record: (direction: "in" | "out", what: string, detail?: string) => void;
}

const PATH = /^\/v1\/text-to-speech\/[^/]+\/stream(\/with-timestamps)?$/;

/** A larger request body is refused, in characters. */
const MAX_BODY = 1024 * 1024;

/** `POST /v1/text-to-speech/{voice}/stream` (raw μ-law) and `…/stream/with-timestamps` (lines of JSON). */
export function serveSpeech(
  request: IncomingMessage,
  response: ServerResponse,
  options: SpeechRequestOptions,
): void {
  const url = new URL(request.url ?? "/", "http://localhost");
  const match = request.method === "POST" ? PATH.exec(url.pathname) : null;
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text: string) => {
    if (body.length <= MAX_BODY) body += text;
  });
  request.on("end", () => {
    const text = body.length <= MAX_BODY ? textOf(body) : undefined;
    options.record("in", "request", text);
    const { status } = options.fault;
    if (status !== undefined) refuse(response, status, "injected");
    else if (match === null) refuse(response, 404, "not_found");
    else if (!request.headers["xi-api-key"]) refuse(response, 401, "missing_api_key");
    else if (text === undefined) refuse(response, 422, "invalid_body");
    else if (url.searchParams.get("output_format") !== "ulaw_8000") {
      refuse(response, 400, "unsupported_output_format");
    } else speak(text, match[1] !== undefined, response, options);
  });
}

function speak(text: string, timed: boolean, response: ServerResponse, options: SpeechRequestOptions): void {
  const { clock, voice, pace, fault, record } = options;
  response.writeHead(200, { "content-type": timed ? "application/json" : "audio/basic" });
  response.flushHeaders();
  fault.opened();
  const over = (): boolean => response.destroyed || fault.stalled;
  const send = (chunk: SpokenChunk): void => {
    if (over()) return;
    record("out", "audio");
    if (timed) fault.pass(timedLine(chunk, voice), (data) => response.write(data));
    else fault.pass(chunk.audio.toString("latin1"), (data) => response.write(data, "latin1"));
  };
  const context = new SpeechContext(clock, voice, pace, [], send, () => {
    if (!over()) response.end();
  });
  response.on("close", () => context.stop());
  context.write(text);
  context.flush();
  context.close();
}

function timedLine({ characters, audio }: SpokenChunk, voice: BuzzVoice): string {
  const { starts, durations } = voice.times(characters.length);
  const alignment = {
    characters,
    character_start_times_seconds: starts.map((start) => start / 1000),
    character_end_times_seconds: starts.map((start, index) => (start + (durations[index] ?? 0)) / 1000),
  };
  const line = { audio_base64: audio.toString("base64"), alignment, normalized_alignment: alignment };
  return `${JSON.stringify(line)}\n`;
}

function textOf(body: string): string | undefined {
  try {
    const { text } = JSON.parse(body) as { text?: unknown };
    return typeof text === "string" && text.trim() !== "" ? text : undefined;
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, word: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ detail: { status: word, message: `Refused: ${word}.` } }));
}

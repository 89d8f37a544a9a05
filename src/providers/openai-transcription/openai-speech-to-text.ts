import type { SpeechToText, TranscriptEvent } from "../../pipeline/speech-to-text.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { TranscriptionDeadlines } from "./transcription-deadlines.ts";
import { OpenAiTranscriptionStream } from "./transcription-stream.ts";

/**
 * Writes while the caller speaks; the vendor's choice for live audio (guide "Realtime transcription"). `whisper-1` and
 * all `gpt-4o-*-transcribe` are announced to end 2027-02-26.
 */
export const DEFAULT_TRANSCRIPTION_MODEL = "gpt-live-transcribe";

const VENDOR = "https://api.openai.com/v1";

const defaultDeadlines: TranscriptionDeadlines = {
  connect: 3_000,
  session: 2_000,
  answer: 4_000,
  close: 500,
};

export interface OpenAiTranscriptionOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** The provider's, where it is listed more than once; default `openai`. */
  readonly name?: string;
  /** An `http(s)` URL as for Chat Completions (with `/v1`), or an origin; default the vendor's. */
  readonly baseUrl?: string;
  /** Default {@link DEFAULT_TRANSCRIPTION_MODEL}. */
  readonly model?: string;
  /** In [0, 1), for the backoff between connections. Default `Math.random`. */
  readonly random?: () => number;
  readonly deadlines?: Partial<TranscriptionDeadlines>;
  /** A listener threw; the stream goes on. */
  readonly onListenerError?: (error: unknown) => void;
}

/**
 * Speech-to-text by OpenAI's realtime transcription over a plain WebSocket, in μ-law. (The vendor's own client insists
 * on `wss:` and drops silently what is sent after a close; `ws` does neither.)
 */
export function openAiSpeechToText(options: OpenAiTranscriptionOptions): SpeechToText {
  return {
    name: options.name ?? "openai",
    endpoints: "none",
    punctuates: true,
    open({ language }, listener) {
      const emit = (event: TranscriptEvent): void => {
        try {
          listener(event);
        } catch (error) {
          options.onListenerError?.(error);
        }
      };
      const stream = new OpenAiTranscriptionStream(
        {
          url: transcriptionUrl(options.baseUrl ?? VENDOR),
          apiKey: options.apiKey,
          clock: options.clock,
          random: options.random ?? Math.random,
          settings: { model: options.model ?? DEFAULT_TRANSCRIPTION_MODEL, language },
          deadlines: { ...defaultDeadlines, ...options.deadlines },
        },
        emit,
      );
      stream.open();
      return stream;
    },
  };
}

/** `http://host/v1` → `ws://host/v1/realtime?intent=transcription`; an origin alone gets `/v1`. A model in it would make it a conversation. */
export function transcriptionUrl(baseUrl: string): string {
  const base = new URL(baseUrl);
  const path = base.pathname === "/" ? "/v1" : base.pathname.replace(/\/$/, "");
  return `${base.protocol === "http:" ? "ws:" : "wss:"}//${base.host}${path}/realtime?intent=transcription`;
}

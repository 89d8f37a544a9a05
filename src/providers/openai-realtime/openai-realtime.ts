import type {
  SpeechSession,
  SpeechSessionEvent,
  SpeechSessionOptions,
  SpeechToSpeech,
} from "../../pipeline/speech-to-speech.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { TurnDetection } from "./realtime-client-events.ts";
import { RealtimeSession } from "./realtime-session.ts";

export interface OpenAiRealtimeOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** An `http(s)` URL as for Chat Completions (with `/v1`), or an origin; default the vendor's. */
  readonly baseUrl?: string;
  /** Default `gpt-realtime-1.5`: does not think before it speaks. (`gpt-realtime` is announced to end 2027-01-20.) */
  readonly model?: string;
  /** For profiles whose voice is not one of the service's; default `marin`. */
  readonly voice?: string;
  /** Default `server_vad`; `semantic_vad` waits longer after words that lead on. */
  readonly turnDetection?: TurnDetection;
  /** Writes down what the caller says; default `gpt-transcribe`. (`gpt-4o-transcribe` is announced to end 2027-02-26.) */
  readonly transcriptionModel?: string;
  /** From dialling to the 101, in ms; default 3000. */
  readonly connectDeadline?: number;
  /** From the 101 to the session, in ms; default 3000. */
  readonly sessionDeadline?: number;
}

const VENDOR = "https://api.openai.com/v1";

/**
 * OpenAI's Realtime service over a plain WebSocket. μ-law both ways: nothing is transcoded. (The vendor's own client
 * insists on `wss:` and drops silently what is sent after a close; `ws` does neither.)
 */
export class OpenAiRealtime implements SpeechToSpeech {
  readonly name = "openai-realtime";
  /** The service ends a session after 60 minutes (its guide "Realtime conversations"). */
  readonly longestSession = 3_600_000;
  readonly #options: OpenAiRealtimeOptions;

  constructor(options: OpenAiRealtimeOptions) {
    this.#options = options;
  }

  open(options: SpeechSessionOptions, listener: (event: SpeechSessionEvent) => void): SpeechSession {
    const { apiKey, clock, baseUrl = VENDOR, model = "gpt-realtime-1.5" } = this.#options;
    const { connectDeadline = 3_000, sessionDeadline = 3_000 } = this.#options;
    const session = new RealtimeSession(
      {
        url: realtimeUrl(baseUrl, model),
        apiKey,
        clock,
        connectDeadline,
        readyDeadline: connectDeadline + sessionDeadline,
        settings: {
          ...options,
          turnDetection: this.#options.turnDetection ?? "server_vad",
          defaultVoice: this.#options.voice ?? "marin",
          transcriptionModel: this.#options.transcriptionModel ?? "gpt-transcribe",
        },
      },
      listener,
    );
    session.open();
    return session;
  }
}

/** `http://host/v1` → `ws://host/v1/realtime?model=…`; an origin alone gets `/v1`. */
export function realtimeUrl(baseUrl: string, model: string): string {
  const base = new URL(baseUrl);
  const path = base.pathname === "/" ? "/v1" : base.pathname.replace(/\/$/, "");
  return `${base.protocol === "http:" ? "ws:" : "wss:"}//${base.host}${path}/realtime?model=${encodeURIComponent(model)}`;
}

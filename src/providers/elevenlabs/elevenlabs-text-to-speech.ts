import type { TextToSpeech, VoiceConnection, VoiceOptions } from "../../pipeline/text-to-speech.ts";
import type { Clock } from "../../runtime/clock.ts";
import { ElevenLabsConnection } from "./elevenlabs-connection.ts";
import type { VoiceSettings } from "./multi-stream-messages.ts";

export interface ElevenLabsOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** The provider's, where it is listed more than once; default `elevenlabs`. */
  readonly name?: string;
  /** An `http(s)` origin, the sockets use the matching `ws(s)`; default the vendor's. */
  readonly baseUrl?: string;
  /** For calls whose profile names no voice; default Rachel, one of the vendor's public voices. */
  readonly voice?: string;
  /** Default `eleven_flash_v2_5`, the quickest. `eleven_v3` is not served on this endpoint. */
  readonly model?: string;
  readonly settings?: VoiceSettings;
  /** To the end of the handshake, in ms; default 3000. */
  readonly connectTimeout?: number;
  /** From a flush to its first audio, in ms; default 3000. */
  readonly firstByte?: number;
  /** Between two messages of audio while some is owed, in ms; default 4000. */
  readonly betweenAudio?: number;
  /** In [0, 1), for the jitter of reconnects; default `Math.random`. */
  readonly random?: () => number;
}

const VENDOR = "https://api.elevenlabs.io";
export const DEFAULT_VOICE = "21m00Tcm4TlvDq8ikWAM";
/** A profile's voice may be meant for another provider of the list, whose names have hyphens (`aura-2-thalia-en`). */
const VOICE_ID = /^[a-z0-9]+$/i;
const DEFAULT_MODEL = "eleven_flash_v2_5";

/**
 * ElevenLabs over `multi-stream-input`: one socket for one call, μ-law as the telephone wants it, character
 * timings with every piece of audio. Plain `ws`: the vendor's package has no client for this endpoint and takes
 * seconds to import (`docs/decisions/0004-elevenlabs-socket.md`).
 */
export class ElevenLabsTextToSpeech implements TextToSpeech {
  readonly name: string;
  readonly #options: ElevenLabsOptions;

  constructor(options: ElevenLabsOptions) {
    this.name = options.name ?? "elevenlabs";
    this.#options = options;
  }

  /**
   * Errors of its utterances: `PROVIDER_TIMEOUT`, `PROVIDER_UNAVAILABLE`, `PROVIDER_RATE_LIMITED`,
   * `PROVIDER_PROTOCOL`; `PROVIDER_REFUSED` for all that follow on this connection, until another is opened.
   */
  open(voice: VoiceOptions): VoiceConnection {
    const { apiKey, clock, settings, connectTimeout, firstByte, betweenAudio, random } = this.#options;
    const connection = new ElevenLabsConnection(
      {
        url: this.#url(voice),
        apiKey,
        clock,
        connectTimeout: connectTimeout ?? 3_000,
        random: random ?? Math.random,
      },
      { firstByte: firstByte ?? 3_000, betweenAudio: betweenAudio ?? 4_000 },
      settings ?? {},
    );
    connection.open();
    return connection;
  }

  /**
   * `auto_mode` stays off: it would speak each message by itself, and ours are single words. Our flushes at
   * clause ends say when to speak, and the chunk schedule catches a clause that is long. `inactivity_timeout` is
   * in seconds, and 180 the most that the service grants.
   */
  #url({ voice, language }: VoiceOptions): string {
    const own = voice !== undefined && VOICE_ID.test(voice) ? voice : undefined;
    const name = own ?? this.#options.voice ?? DEFAULT_VOICE;
    const model = this.#options.model ?? DEFAULT_MODEL;
    const base = (this.#options.baseUrl ?? VENDOR).replace(/^http/, "ws").replace(/\/$/, "");
    const query = new URLSearchParams({
      model_id: model,
      output_format: "ulaw_8000",
      inactivity_timeout: "180",
      sync_alignment: "true",
      auto_mode: "false",
    });
    // Other models answer a language code with an error.
    if (model.endsWith("_v2_5")) query.set("language_code", language.split("-", 1)[0] as string);
    return `${base}/v1/text-to-speech/${encodeURIComponent(name)}/multi-stream-input?${query}`;
  }
}

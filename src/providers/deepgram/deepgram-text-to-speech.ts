import type { TextToSpeech, VoiceConnection, VoiceOptions } from "../../pipeline/text-to-speech.ts";
import type { Clock } from "../../runtime/clock.ts";
import { deepgramSocket } from "./deepgram-socket.ts";
import { SpeakConnection } from "./speak-connection.ts";
import { speakPath } from "./speak-messages.ts";

export interface DeepgramVoiceOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** The provider's, where it is listed more than once; default `deepgram`. */
  readonly name?: string;
  /** An `http(s)` origin, the sockets use the matching `ws(s)`; default the vendor's. */
  readonly baseUrl?: string;
  /** For calls whose profile names none of the vendor's voices; default {@link DEFAULT_VOICE_MODEL}. */
  readonly model?: string;
  /** To the end of the handshake, in ms; default 3000. */
  readonly connectTimeout?: number;
  /** From a flush to its first audio, in ms; default 3000. */
  readonly firstByte?: number;
  /** Between two messages of audio while some is owed, in ms; default 4000. */
  readonly betweenAudio?: number;
  /** In [0, 1), for the jitter of reconnects; default `Math.random`. */
  readonly random?: () => number;
}

const VENDOR = "https://api.deepgram.com";
/** The voice of the vendor's own examples. */
export const DEFAULT_VOICE_MODEL = "aura-2-thalia-en";
/** From our close to the vendor's, in ms. */
const CLOSE_DEADLINE = 1_000;

/**
 * Deepgram Aura over `v1/speak`: one socket for one call, μ-law as the telephone wants it. The vendor tells no times of
 * characters; they are estimated ({@link SpokenSegment}). Plain `ws`, as for its recogniser
 * (`docs/decisions/0002-deepgram-socket.md`).
 */
export class DeepgramTextToSpeech implements TextToSpeech {
  readonly name: string;
  readonly #options: DeepgramVoiceOptions;

  constructor(options: DeepgramVoiceOptions) {
    this.name = options.name ?? "deepgram";
    this.#options = options;
  }

  /**
   * Errors of its utterances: `PROVIDER_TIMEOUT`, `PROVIDER_UNAVAILABLE`, `PROVIDER_RATE_LIMITED`,
   * `PROVIDER_PROTOCOL`; `PROVIDER_REFUSED` for all that follow on this connection, until another is opened.
   */
  open({ voice }: VoiceOptions): VoiceConnection {
    const {
      apiKey,
      clock,
      baseUrl = VENDOR,
      connectTimeout,
      firstByte,
      betweenAudio,
      random,
    } = this.#options;
    // A profile's voice may be meant for another provider of the list.
    const own = voice?.startsWith("aura-") ? voice : undefined;
    const path = speakPath(own ?? this.#options.model ?? DEFAULT_VOICE_MODEL);
    const connection = new SpeakConnection(
      {
        ...deepgramSocket,
        url: new URL(path, baseUrl.replace(/^http/, "ws")).href,
        headers: { Authorization: `Token ${apiKey}` },
        clock,
        random: random ?? Math.random,
        connectDeadline: connectTimeout ?? 3_000,
        closeDeadline: CLOSE_DEADLINE,
      },
      { firstByte: firstByte ?? 3_000, betweenAudio: betweenAudio ?? 4_000 },
    );
    connection.open();
    return connection;
  }
}

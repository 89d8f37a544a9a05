/**
 * The wire of `/v1/text-to-speech/{voice}/multi-stream-input`, as values: one connection, up to five contexts,
 * each a speech of its own. Client messages say `context_id`; server messages mostly `contextId`, but the
 * vendor's own schemas disagree, so both spellings are read, and of the alignment's fields all that were seen.
 */

/** The vendor's limit of contexts on one connection; one more is answered with an error and close 1008. */
export const MAX_CONTEXTS = 5;

export interface VoiceSettings {
  /** 0 to 1; the voice's own when unset. */
  readonly stability?: number;
  /** 0 to 1; the voice's own when unset. */
  readonly similarityBoost?: number;
  /** 0.7 to 1.2; default 1. */
  readonly speed?: number;
}

/**
 * How many characters make the service generate without a flush: 50 is the least that it takes, so that a long
 * first clause begins before its end; later there is audio in hand, and longer pieces sound better.
 */
const CHUNK_LENGTH_SCHEDULE = [50, 120, 160, 250];

/** First message of a context; settings are taken in no later one. */
export function encodeInit(context: string, settings: VoiceSettings): string {
  return JSON.stringify({
    text: " ",
    context_id: context,
    voice_settings: {
      stability: settings.stability,
      similarity_boost: settings.similarityBoost,
      speed: settings.speed,
    },
    generation_config: { chunk_length_schedule: CHUNK_LENGTH_SCHEDULE },
  });
}

/** `text` ends with a space: the service takes the end of a message for the end of a word. */
export function encodeText(context: string, text: string): string {
  return JSON.stringify({ text, context_id: context });
}

export function encodeFlush(context: string): string {
  return JSON.stringify({ context_id: context, flush: true });
}

/** Flushed text is still spoken, text that was not is lost; `isFinal` follows. */
export function encodeCloseContext(context: string): string {
  return JSON.stringify({ context_id: context, close_context: true });
}

/** Only for a context that has begun: before its first message it would make that one fail with 1008. */
export function encodeKeepAlive(context: string): string {
  return JSON.stringify({ context_id: context, text: "" });
}

export function encodeCloseSocket(): string {
  return JSON.stringify({ close_socket: true });
}

/** What a server message says; one message may say several of these. */
export interface ServerMessage {
  readonly context?: string;
  /** μ-law 8 kHz. */
  readonly audio?: Buffer;
  /** Of the characters in `audio`, in ms from its first sample. */
  readonly alignment?: Alignment;
  /** The context is over and forgotten. */
  readonly final: boolean;
  readonly error?: { readonly word: string; readonly message: string };
}

export interface Alignment {
  readonly text: string;
  /** One start per UTF-16 unit of `text`. */
  readonly starts: readonly number[];
  readonly end: number;
}

/** Undefined when `raw` is not a JSON object. Unknown messages come out empty. */
export function parseServerMessage(raw: string): ServerMessage | undefined {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(raw);
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null) return undefined;
  const context = fields.contextId ?? fields.context_id;
  const alignment = parseAlignment(fields.alignment);
  return {
    ...(typeof context === "string" && { context }),
    ...(typeof fields.audio === "string" &&
      fields.audio !== "" && { audio: Buffer.from(fields.audio, "base64") }),
    ...(alignment !== undefined && { alignment }),
    final: fields.isFinal === true || fields.is_final === true,
    ...(fields.error !== undefined &&
      fields.error !== null && {
        error: { word: String(fields.error), message: String(fields.message ?? "") },
      }),
  };
}

/** Undefined when it is null, incomplete or inconsistent: then nothing is known of the characters. */
function parseAlignment(value: unknown): Alignment | undefined {
  const fields = (value ?? {}) as Record<string, unknown>;
  const { chars } = fields;
  const starts = fields.charStartTimesMs ?? fields.charsStartTimesMs;
  const durations = fields.charDurationsMs ?? fields.charsDurationsMs;
  if (!Array.isArray(chars) || !Array.isArray(starts) || !Array.isArray(durations)) return undefined;
  if (chars.length === 0 || starts.length !== chars.length || durations.length !== chars.length)
    return undefined;
  const perUnit: number[] = [];
  for (const [index, char] of chars.entries()) {
    for (let unit = 0; unit < String(char).length; unit++) perUnit.push(Number(starts[index]));
  }
  const end = Number(starts.at(-1)) + Number(durations.at(-1));
  return { text: chars.join(""), starts: perUnit, end };
}

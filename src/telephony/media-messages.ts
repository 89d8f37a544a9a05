/**
 * The messages of Twilio Media Streams, both directions
 * (https://www.twilio.com/docs/voice/media-streams/websocket-messages). Media frames have a faster reader
 * of their own: `media-frame-reader.ts`.
 */
export type InboundMessage =
  | { readonly event: "connected" }
  | { readonly event: "start"; readonly start: StreamStart }
  | {
      readonly event: "media";
      readonly streamSid: string;
      /** Audio time since the start of the stream, in ms; NaN when absent. */
      readonly timestamp: number;
      /** Base64, not yet decoded. */
      readonly payload: string;
      readonly track: string;
    }
  | { readonly event: "dtmf"; readonly streamSid: string; readonly digit: string }
  | { readonly event: "mark"; readonly streamSid: string; readonly name: string }
  | { readonly event: "stop"; readonly streamSid: string };

export interface StreamStart {
  readonly streamSid: string;
  readonly callSid: string;
  readonly accountSid: string;
  /** Values of the TwiML's `<Parameter>`s; may be absent on the wire, then empty here. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly encoding: string;
  readonly sampleRate: number;
}

/** Why a message is none of the above. */
export type MessageProblem = "not-json" | "unknown-event" | "invalid-message";

type Fields = Readonly<Record<string, unknown>>;

/** What one text frame says, or what is wrong with it. Checks everything that the gateway relies on. */
export function parseMessage(text: string): InboundMessage | MessageProblem {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return "not-json";
  }
  if (!isFields(message) || typeof message.event !== "string") return "invalid-message";
  const read = readers.get(message.event);
  if (read === undefined) return "unknown-event";
  return read(message) ?? "invalid-message";
}

/** A map, because an object also answers to names that it was never given, such as `__proto__`. */
const readers = new Map<string, (message: Fields) => InboundMessage | undefined>(
  Object.entries({
    connected: (): InboundMessage => ({ event: "connected" }),
    start: readStart,
    media: readMedia,
    dtmf({ streamSid, dtmf }: Fields): InboundMessage | undefined {
      if (!isText(streamSid) || !isFields(dtmf) || !isText(dtmf.digit)) return undefined;
      return /^[0-9A-D*#]$/.test(dtmf.digit) ? { event: "dtmf", streamSid, digit: dtmf.digit } : undefined;
    },
    mark({ streamSid, mark }: Fields): InboundMessage | undefined {
      if (!isText(streamSid) || !isFields(mark) || !isText(mark.name)) return undefined;
      return { event: "mark", streamSid, name: mark.name };
    },
    stop: ({ streamSid }: Fields): InboundMessage | undefined =>
      isText(streamSid) ? { event: "stop", streamSid } : undefined,
  }),
);

function readStart({ start }: Fields): InboundMessage | undefined {
  if (!isFields(start)) return undefined;
  const { streamSid, callSid, accountSid, mediaFormat, customParameters } = start;
  if (!isText(streamSid) || !isText(callSid)) return undefined;
  const format = isFields(mediaFormat) ? mediaFormat : {};
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(isFields(customParameters) ? customParameters : {})) {
    if (typeof value === "string") parameters[name] = value;
  }
  return {
    event: "start",
    start: {
      streamSid,
      callSid,
      accountSid: isText(accountSid) ? accountSid : "",
      parameters,
      encoding: isText(format.encoding) ? format.encoding : "audio/x-mulaw",
      sampleRate: numberOf(format.sampleRate ?? 8000),
    },
  };
}

function readMedia({ streamSid, media }: Fields): InboundMessage | undefined {
  if (!isText(streamSid) || !isFields(media) || typeof media.payload !== "string") return undefined;
  return {
    event: "media",
    streamSid,
    timestamp: numberOf(media.timestamp),
    payload: media.payload,
    track: isText(media.track) ? media.track : "inbound",
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** NaN for what is neither a number nor its digits. */
function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? Number.parseInt(value, 10) : Number.NaN;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Writes what the gateway sends on one stream. Twilio accepts no field beyond these (warning 31951). */
export class MessageWriter {
  readonly #mediaHead: string;
  readonly #markHead: string;
  readonly clear: string;

  constructor(streamSid: string) {
    const sid = JSON.stringify(streamSid);
    this.#mediaHead = `{"event":"media","streamSid":${sid},"media":{"payload":"`;
    this.#markHead = `{"event":"mark","streamSid":${sid},"mark":{"name":`;
    this.clear = `{"event":"clear","streamSid":${sid}}`;
  }

  media(mulaw: Uint8Array): string {
    const payload = Buffer.from(mulaw.buffer, mulaw.byteOffset, mulaw.byteLength).toString("base64");
    return `${this.#mediaHead}${payload}"}}`;
  }

  mark(name: string): string {
    return `${this.#markHead}${JSON.stringify(name)}}}`;
  }
}

import { FRAME_BYTES } from "../audio/audio-format.ts";

/**
 * Reads media messages, some fifty a second and call, without parsing JSON: their payload is the last field,
 * nearly always of the same length, and what comes before it is short. Whatever does not look exactly so is
 * left to `parseMessage`. Measured by `npm run bench -- codec`.
 */
const HEAD = Buffer.from('{"event":"media"');
const PAYLOAD_KEY = Buffer.from('"payload":"');
const TIMESTAMP_KEY = '"timestamp":"';
const STREAM_KEY = '"streamSid":"';
const TAIL = '"}}'.length;
/** Base64 characters of a frame of 20 ms. */
const FRAME_CHARACTERS = Math.ceil(FRAME_BYTES / 3) * 4;
/** Longest accepted part before the payload: keys, a stream id and three numbers fill about 150 bytes. */
const HEAD_LIMIT = 400;

export class MediaFrameReader {
  readonly #streamKey: string;
  #audio = Buffer.allocUnsafe(4096);
  #frame = this.#audio.subarray(0, FRAME_BYTES);
  /** `media.timestamp` of the frame last read, in ms. */
  timestamp = 0;

  constructor(streamSid: string) {
    this.#streamKey = `${STREAM_KEY}${streamSid}"`;
  }

  /**
   * The μ-law of a plain media message of this stream, valid until the next call;
   * `undefined` when the message is anything else, or not plain enough to be sure.
   */
  read(raw: Buffer): Buffer | undefined {
    const end = raw.length - TAIL;
    if (!stands(HEAD, raw, 0) || raw[end] !== 0x22 || raw[end + 1] !== 0x7d || raw[end + 2] !== 0x7d)
      return undefined;
    const payload = payloadOf(raw, end);
    if (payload > HEAD_LIMIT) return undefined;
    const head = raw.toString("latin1", HEAD.length, payload);
    const timestampAt = head.indexOf(TIMESTAMP_KEY);
    if (timestampAt < 0 || !head.includes(this.#streamKey)) return undefined;
    this.timestamp = Number.parseInt(head.slice(timestampAt + TIMESTAMP_KEY.length), 10);
    return this.decode(raw.toString("latin1", payload, end));
  }

  /** Decodes base64; `undefined` unless all of it is base64 and there is something in it. */
  decode(payload: string): Buffer | undefined {
    const padding = payload.endsWith("==") ? 2 : payload.endsWith("=") ? 1 : 0;
    const size = (payload.length / 4) * 3 - padding;
    if (payload.length % 4 !== 0 || size <= 0) return undefined;
    if (size > this.#audio.length) this.#audio = Buffer.allocUnsafe(size);
    // Node skips what is not base64: then fewer bytes come out than the length promises.
    if (this.#audio.write(payload, 0, size, "base64") !== size) return undefined;
    if (this.#frame.length !== size || this.#frame.buffer !== this.#audio.buffer) {
      this.#frame = this.#audio.subarray(0, size);
    }
    return this.#frame;
  }
}

/** Where the payload begins: usually so far before the end; else behind its key, or nowhere (beyond every limit). */
function payloadOf(raw: Buffer, end: number): number {
  const usual = end - FRAME_CHARACTERS;
  if (stands(PAYLOAD_KEY, raw, usual - PAYLOAD_KEY.length)) return usual;
  const key = raw.indexOf(PAYLOAD_KEY);
  return key < 0 ? Number.POSITIVE_INFINITY : key + PAYLOAD_KEY.length;
}

/** Whether these bytes stand at `at`; a call into `Buffer.compare` costs more than sixteen comparisons. */
function stands(bytes: Buffer, raw: Buffer, at: number): boolean {
  if (at < 0) return false;
  for (let i = 0; i < bytes.length; i++) if (raw[at + i] !== bytes[i]) return false;
  return true;
}

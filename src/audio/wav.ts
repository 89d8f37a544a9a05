import alawmulaw from "alawmulaw";
import { decodeMulaw } from "./mulaw.ts";

export interface Wav {
  /** In Hz. */
  readonly sampleRate: number;
  /** 16-bit samples of each channel (1 or 2), all of the same length. */
  readonly channels: readonly Int16Array[];
}

/** Format tags of RIFF/WAVE (RFC 2361 and Microsoft's mmreg.h). */
const PCM = 1;
const ALAW = 6;
const MULAW = 7;
/** The real tag is then the first two bytes of the sub-format, at offset 24 of the format chunk. */
const EXTENSIBLE = 0xfffe;

/**
 * Reads a WAV file: PCM of 8 or 16 bits, μ-law or a-law, mono or stereo, any rate.
 * A data chunk that ends early (a recording cut off) is read as far as it goes.
 * @throws TypeError when it is not a WAV file, RangeError when it is one of a kind that is not read.
 */
export function readWav(bytes: Uint8Array): Wav {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE") {
    throw new TypeError("Not a WAV file: it must begin with RIFF and WAVE");
  }
  const format = chunk(view, "fmt ");
  if (format === undefined || format.byteLength < 16) {
    throw new TypeError("WAV file without a complete fmt chunk: write it anew, for example with sox");
  }
  const data = chunk(view, "data");
  if (data === undefined) throw new TypeError("WAV file without a data chunk: it holds no sound");
  const count = format.getUint16(2, true);
  if (count !== 1 && count !== 2) {
    throw new RangeError(`WAV file with ${count} channels: give a mono or stereo file`);
  }
  const sampleRate = format.getUint32(4, true);
  if (sampleRate === 0) throw new RangeError("WAV file with a sample rate of 0: write it anew");
  return { sampleRate, channels: split(samplesOf(format, data), count) };
}

/** A μ-law WAV file (format 7, 8 kHz); one channel, or two of the same length. */
export function writeMulawWav(...channels: readonly Uint8Array[]): Uint8Array {
  const frames = framesOf(channels);
  return container(
    { tag: MULAW, rate: 8000, bytesPerSample: 1, channels: channels.length, frames },
    (view) => {
      for (const [index, channel] of channels.entries()) {
        for (let i = 0; i < frames; i++) view.setUint8(i * channels.length + index, channel[i] as number);
      }
    },
  );
}

/** A 16-bit PCM WAV file of any rate; one channel, or two of the same length. */
export function writePcmWav(sampleRate: number, ...channels: readonly Int16Array[]): Uint8Array {
  const frames = framesOf(channels);
  const shape = { tag: PCM, rate: sampleRate, bytesPerSample: 2, channels: channels.length, frames };
  return container(shape, (view) => {
    for (const [index, channel] of channels.entries()) {
      for (let i = 0; i < frames; i++) {
        view.setInt16((i * channels.length + index) * 2, channel[i] as number, true);
      }
    }
  });
}

interface Shape {
  readonly tag: number;
  readonly rate: number;
  readonly bytesPerSample: number;
  readonly channels: number;
  /** Samples of one channel. */
  readonly frames: number;
}

function framesOf(channels: readonly { readonly length: number }[]): number {
  const [first, second] = channels;
  if (first === undefined || channels.length > 2) {
    throw new RangeError(`A WAV file of ${channels.length} channels: give one or two`);
  }
  if (second !== undefined && second.length !== first.length) {
    throw new RangeError(`Channels of ${first.length} and ${second.length} samples: fill up the shorter one`);
  }
  return first.length;
}

/** Everything but PCM needs the extension size in `fmt ` and a `fact` chunk with the number of samples. */
function container(shape: Shape, fill: (data: DataView) => void): Uint8Array {
  const plain = shape.tag === PCM;
  const formatSize = plain ? 16 : 18;
  const dataAt = 12 + 8 + formatSize + (plain ? 0 : 12) + 8;
  const align = shape.bytesPerSample * shape.channels;
  const dataSize = shape.frames * align;
  const bytes = new Uint8Array(dataAt + dataSize + (dataSize % 2));
  const view = new DataView(bytes.buffer);
  header(view, 0, "RIFF", bytes.length - 8);
  putTag(view, 8, "WAVE");
  header(view, 12, "fmt ", formatSize);
  view.setUint16(20, shape.tag, true);
  view.setUint16(22, shape.channels, true);
  view.setUint32(24, shape.rate, true);
  view.setUint32(28, shape.rate * align, true);
  view.setUint16(32, align, true);
  view.setUint16(34, shape.bytesPerSample * 8, true);
  if (!plain) {
    header(view, 38, "fact", 4);
    view.setUint32(46, shape.frames, true);
  }
  header(view, dataAt - 8, "data", dataSize);
  fill(new DataView(bytes.buffer, dataAt, dataSize));
  return bytes;
}

function samplesOf(format: DataView, data: DataView): Int16Array {
  const plainTag = format.getUint16(0, true);
  const extended = plainTag === EXTENSIBLE && format.byteLength >= 26;
  const kind = extended ? format.getUint16(24, true) : plainTag;
  const bits = format.getUint16(14, true);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (kind === MULAW) return decodeMulaw(bytes);
  if (kind === ALAW) return alawmulaw.alaw.decode(bytes);
  if (kind === PCM && bits === 8) return Int16Array.from(bytes, (byte) => (byte - 128) << 8);
  if (kind === PCM && bits === 16) {
    return Int16Array.from({ length: data.byteLength >> 1 }, (_, index) => data.getInt16(index * 2, true));
  }
  throw new RangeError(
    `WAV format ${kind} with ${bits} bits is not read: convert it to 16-bit PCM or 8 kHz μ-law, ` +
      "for example with: sox in.wav -b 16 -e signed-integer out.wav",
  );
}

function split(samples: Int16Array, count: 1 | 2): readonly Int16Array[] {
  if (count === 1) return [samples];
  const length = samples.length >> 1;
  return [0, 1].map((side) => Int16Array.from({ length }, (_, index) => samples[index * 2 + side] as number));
}

/** The body of the first chunk of that name. Chunks begin on even offsets. */
function chunk(view: DataView, name: string): DataView | undefined {
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    if (tag(view, at) === name) {
      const available = Math.min(size, view.byteLength - at - 8);
      return new DataView(view.buffer, view.byteOffset + at + 8, available);
    }
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function header(view: DataView, at: number, name: string, size: number): void {
  putTag(view, at, name);
  view.setUint32(at + 4, size, true);
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

function putTag(view: DataView, at: number, name: string): void {
  for (let i = 0; i < 4; i++) view.setUint8(at + i, name.charCodeAt(i));
}

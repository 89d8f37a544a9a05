/** Bytes before the samples: RIFF, `fmt ` of plain PCM, and the head of `data`. */
export const WAV_HEADER_BYTES = 44;

/** Bytes of one sample of both channels. */
export const SAMPLE_BYTES = 4;

const RATE = 8_000;

/** Bytes of one ms of both channels. */
export const WAV_BYTES_PER_MS = (RATE / 1_000) * SAMPLE_BYTES;

/**
 * The header of a stereo WAV file of 16-bit PCM, 8 kHz, with so many bytes of samples. Beyond the format's 4 GiB
 * (37 hours) it tells as much as it can.
 */
export function wavHeader(bytes: number): Buffer {
  const size = Math.min(bytes, 0xffff_ffff - WAV_HEADER_BYTES);
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + size, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * SAMPLE_BYTES, 28);
  header.writeUInt16LE(SAMPLE_BYTES, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(size, 40);
  return header;
}

import { BYTES_PER_MS } from "../../../audio/audio-format.ts";
import { decodeMulaw, encodeMulaw } from "../../../audio/mulaw.ts";

/** In ms. */
const LENGTH = 5;
/** Samples nearer to zero than this end without a click; of 32768. */
const QUIET = 200;

/** From the last sample of audio that was cut to silence, so that the cut does not click. Empty where there is none. */
export function fadeOut(cut: Uint8Array): Uint8Array {
  const last = decodeMulaw(cut.subarray(-1))[0] ?? 0;
  if (Math.abs(last) < QUIET) return new Uint8Array(0);
  const count = LENGTH * BYTES_PER_MS;
  return encodeMulaw(
    Int16Array.from({ length: count }, (_, i) => Math.round((last * (count - 1 - i)) / count)),
  );
}

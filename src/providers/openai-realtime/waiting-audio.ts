import { BYTES_PER_MS } from "../../audio/audio-format.ts";

/** Audio that came before the session was ready: the latest five seconds; what is older is lost to the service. */
export class WaitingAudio {
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** Keeps a copy. */
  add(mulaw: Uint8Array): void {
    this.#chunks.push(Uint8Array.from(mulaw));
    this.#bytes += mulaw.length;
    while (this.#bytes > MOST_BYTES && this.#chunks.length > 1) {
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
    }
  }

  take(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }
}

const MOST_BYTES = 5_000 * BYTES_PER_MS;

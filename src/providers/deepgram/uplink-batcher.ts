import { durationOf, FRAME_MS } from "../../audio/audio-format.ts";

/** How long frames go one by one after speech seems to have ended: longer than any endpoint delay in use. */
export const SINGLES_AFTER_SPEECH = 1500;

/**
 * Decides when audio held back for a joint message must go. Sockets and system calls are what a call costs
 * (`docs/decisions/0002-deepgram-socket.md`), so frames are joined wherever nothing waits for a single one:
 *
 * - while the caller talks: messages of `batch` ms; while the line has long been quiet: of twice as much;
 * - the first loud audio after quiet, and the first quiet audio after loud, send all that is held at once:
 *   the recogniser hears the start of speech, and of every pause, when an unbatched uplink would tell it;
 * - for {@link SINGLES_AFTER_SPEECH} after the last loud audio nothing is held: an endpoint is a count of
 *   silent milliseconds received, and each of them arrives in its own time. That is over as soon as nothing
 *   hangs on the count any more: the endpoint was found, or the recogniser was asked for its final words.
 *
 * So batching never delays an endpoint; it delays interims within speech by less than `batch`.
 */
export class UplinkBatcher {
  readonly #batch: number;
  readonly #quietBatch: number;
  #held = 0;
  #loud = false;
  #quietFor = SINGLES_AFTER_SPEECH;

  /** @param batch longest audio in one message, in ms: 20 (every frame goes at once) to 100. */
  constructor(batch: number) {
    this.#batch = batch;
    this.#quietBatch = batch > FRAME_MS ? batch * 2 : batch;
  }

  /** Takes note of `bytes` more of audio; true: everything held, this included, must be sent now. */
  push(bytes: number, loud: boolean): boolean {
    const turned = loud !== this.#loud;
    this.#loud = loud;
    this.#held += durationOf(bytes);
    const longest = loud ? this.#batch : this.#quietBatch;
    const due = turned || this.#held >= longest || (!loud && this.#quietFor < SINGLES_AFTER_SPEECH);
    this.#quietFor = loud ? 0 : this.#quietFor + durationOf(bytes);
    if (due) this.#held = 0;
    return due;
  }

  /** The pause is no longer being measured. */
  pauseDecided(): void {
    this.#quietFor = SINGLES_AFTER_SPEECH;
  }

  /** What was held has gone for another reason (a `Finalize`, a new connection). */
  flushed(): void {
    this.#held = 0;
  }
}

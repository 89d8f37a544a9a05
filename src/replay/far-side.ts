import { SILENCE } from "../audio/audio-format.ts";
import type { MediaSocket } from "../gateway/media-socket.ts";
import type { InboundEntry } from "../journal/journal-line.ts";
import type { Cancel } from "../runtime/clock.ts";
import type { ManualClock } from "../runtime/manual-clock.ts";
import { PlaybackBuffer } from "../simulation/phone/playback-buffer.ts";

/**
 * The carrier's end of a replayed media stream. A mark that the journal has comes back when it did; any other when
 * its audio has been played, or a little after it was cleared.
 */
export class FarSide implements MediaSocket {
  readonly bufferedAmount = 0;
  closed = false;
  readonly #clock: ManualClock;
  readonly #echo: (name: string) => void;
  /** Marks that the journal returns by itself. */
  readonly #kept: Map<string, number>;
  readonly #playback = new PlaybackBuffer(false);
  #cancelWatch: Cancel | undefined;

  /** @param changed the journal's marks tell of another playback: all of them are simulated. */
  constructor(
    clock: ManualClock,
    entries: readonly InboundEntry[],
    changed: boolean,
    echo: (name: string) => void,
  ) {
    this.#clock = clock;
    this.#echo = echo;
    const marks = changed ? [] : entries.filter((entry) => entry.k === "mark");
    this.#kept = new Map(marks.map(({ name, t }) => [name, t]));
  }

  send(text: string): void {
    const at = this.#clock.now();
    const { event, media, mark } = JSON.parse(text);
    if (event === "media") {
      const bytes = Buffer.byteLength(media.payload, "base64");
      this.#playback.media(new Uint8Array(bytes).fill(SILENCE), at);
    } else if (event === "mark") {
      this.#playback.mark(mark.name, at);
      this.#watch();
    } else {
      this.#cancelWatch?.();
      const names = this.#playback.clear(at).map(({ name }) => name);
      this.#clock.after(CLEAR_ECHO, () => this.#return(names));
    }
  }

  /** The time of a mark of the journal has come. */
  returns(name: string): void {
    if (this.#kept.has(name)) this.#echo(name);
  }

  cork(): void {}

  close(): void {
    this.closed = true;
    this.#cancelWatch?.();
  }

  terminate(): void {
    this.close();
  }

  #watch(): void {
    const due = this.#playback.nextMarkDue;
    if (due === undefined || this.closed) return;
    this.#cancelWatch?.();
    this.#cancelWatch = this.#clock.after(due - this.#clock.now(), () => {
      this.#return(this.#playback.advance(Math.max(due, this.#clock.now())).map(({ name }) => name));
      this.#watch();
    });
  }

  #return(names: readonly string[]): void {
    if (this.closed) return;
    for (const name of names) {
      const kept = this.#kept.get(name);
      if (kept === undefined || kept < this.#clock.now()) this.#echo(name);
    }
  }
}

/** From a `clear` to the return of its marks, in ms. */
const CLEAR_ECHO = 40;

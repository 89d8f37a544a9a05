import type { Cancel, Clock } from "../runtime/clock.ts";
import type { AgentSpeech } from "./agent-speech.ts";
import type { Playback } from "./playback.ts";

export interface SilenceFillerOptions {
  readonly clock: Clock;
  readonly speech: Pick<AgentSpeech, "fill" | "held" | "length" | "made">;
  readonly playback: Pick<Playback, "pending">;
  /** Said when the caller has heard nothing for so long (ms; 0: never). */
  readonly filler: { readonly text: string; readonly after: number };
}

/**
 * Fills a silence within a turn that has begun to sound, once: while a tool works, or the model hesitates. Before its
 * first sound the silence is the turn core's to fill; while the voice has new words, nothing is to be filled.
 */
export class SilenceFiller {
  readonly #options: SilenceFillerOptions;
  #cancel: Cancel = () => {};

  constructor(options: SilenceFillerOptions) {
    this.#options = options;
  }

  /** Watches from now on; a silence counts from here at the earliest. */
  start(): void {
    this.#cancel();
    if (this.#options.filler.after > 0) this.#watch(this.#dryAt);
  }

  stop(): void {
    this.#cancel();
  }

  /** When the caller's ear runs dry if nothing more comes. */
  get #dryAt(): number {
    const { clock, playback } = this.#options;
    return clock.now() + playback.pending;
  }

  #watch(silentFrom: number): void {
    const { clock, filler, playback, speech } = this.#options;
    const { length } = speech;
    const { characters } = speech.made;
    this.#cancel = clock.after(silentFrom + filler.after - clock.now(), () => {
      // What is held back is the caller's silence: they speak, or nobody knows yet whether they have finished.
      const silent = playback.pending + speech.held === 0 && speech.length > 0;
      if (!silent || speech.made.characters > characters) this.#watch(this.#dryAt);
      else if (speech.length > length)
        this.#watch(Math.min(clock.now(), silentFrom + speech.length - length));
      else speech.fill(filler.text);
    });
  }
}

import type { Cancel, Clock } from "../runtime/clock.ts";
import type { AgentSpeech } from "./agent-speech.ts";
import type { Playback } from "./playback.ts";

export interface SilenceFillerOptions {
  readonly clock: Clock;
  readonly speech: Pick<AgentSpeech, "fill" | "held" | "length">;
  readonly playback: Pick<Playback, "pending">;
  /** Said when the caller has heard nothing for so long (ms; 0: never). */
  readonly filler: { readonly text: string; readonly after: number };
}

/**
 * Fills a silence within a turn that has begun to sound, once: while a tool works, or the model hesitates. Until it
 * sounds, and while `paused`, the silence is not this one's.
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
    const { clock, filler, playback, speech } = this.#options;
    if (filler.after === 0) return;
    this.#watch(clock.now() + playback.pending, speech.length);
  }

  stop(): void {
    this.#cancel();
  }

  /** @param silentFrom when the caller's ear runs dry if nothing comes to the `length` ms of the turn's audio so far. */
  #watch(silentFrom: number, length: number): void {
    const { clock, filler, playback, speech } = this.#options;
    this.#cancel = clock.after(silentFrom + filler.after - clock.now(), () => {
      const now = clock.now();
      const more = speech.length - length;
      // What is held back is the caller's silence: they speak, or nobody knows yet whether they have finished.
      if (playback.pending + speech.held > 0) return this.#watch(now + playback.pending, speech.length);
      if (more > 0) return this.#watch(Math.min(now, silentFrom + more), speech.length);
      if (speech.length > 0) speech.fill(filler.text);
      else this.#watch(now, 0);
    });
  }
}

/** Stretches remembered; beyond it, further ones are counted and their sound is added up, no more. */
const LIST_LIMIT = 20_000;

/** Nothing was played between two stretches of sound, although nobody had hung up. Times in ms. */
export interface Silence {
  readonly start: number;
  readonly duration: number;
  /** It began with a `clear`: the agent was made to stop. */
  readonly afterClear: boolean;
}

/** Sound without a pause, or with short ones only. Times in ms. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** When there was sound at the caller's ear, and when there was none. Pure; times never go back. */
export class HeardTimeline {
  readonly #silences: Silence[] = [];
  #silenceCount = 0;
  #first: number | undefined;
  #start = 0;
  #end: number | undefined;
  #finished = 0;
  #cleared = false;

  /** Sound is added behind what there is, at `at` at the earliest; answers when it begins. */
  add(duration: number, at: number): number {
    const start = Math.max(at, this.#end ?? at);
    if (this.#end === undefined) {
      this.#first = start;
      this.#start = start;
    } else if (start > this.#end) {
      this.#pause(this.#end, start);
    }
    this.#cleared = false;
    this.#end = start + duration;
    return start;
  }

  /** Sound beyond `at` does not come about. */
  cut(at: number): void {
    if (this.#end !== undefined) this.#end = Math.min(this.#end, at);
    this.#cleared = true;
  }

  /** When the sound so far is over; undefined before the first. */
  get end(): number | undefined {
    return this.#end;
  }

  /** How much sound there was up to `at`. */
  heard(at: number): number {
    if (this.#end === undefined) return 0;
    return this.#finished + Math.max(0, Math.min(at, this.#end) - this.#start);
  }

  /** Every silence between two stretches of sound, in order. */
  get silences(): readonly Silence[] {
    return this.#silences;
  }

  /** How many silences there were, those beyond the list's bound included. */
  get silenceCount(): number {
    return this.#silenceCount;
  }

  /** The stretches of sound; silences shorter than `pause`, and not made by a `clear`, are part of a stretch. */
  stretches(pause: number): readonly Stretch[] {
    if (this.#first === undefined || this.#end === undefined) return [];
    const stretches: Stretch[] = [];
    let start = this.#first;
    for (const silence of this.#silences) {
      if (silence.duration < pause && !silence.afterClear) continue;
      stretches.push({ start, end: silence.start });
      start = silence.start + silence.duration;
    }
    stretches.push({ start, end: this.#end });
    return stretches;
  }

  #pause(from: number, to: number): void {
    this.#silenceCount++;
    if (this.#silences.length < LIST_LIMIT) {
      this.#silences.push({ start: from, duration: to - from, afterClear: this.#cleared });
    }
    this.#finished += from - this.#start;
    this.#start = to;
  }
}

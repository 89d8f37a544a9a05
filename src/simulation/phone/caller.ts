import type { CallerScript, CallerStep, Cue } from "./caller-script.ts";
import { SILENT_FRAME, type SpokenAudio, spokenAudio } from "./spoken-audio.ts";

/** What the caller hears, asked at the caller's own pace. Times in ms of the stream. */
export interface Ear {
  /** How much of the agent was played so far. */
  heard(at: number): number;
  /** When the agent was last loud, if it ever was. */
  lastLoud(at: number): number | undefined;
  /** What is queued and not yet played. */
  pending(at: number): number;
}

/** What the caller does in one frame of 20 ms. */
export interface CallerMove {
  /** Base64 of the frame to send. */
  readonly payload: string;
  /** Set while a `say` step is under way. */
  readonly speaking?: { readonly step: number; readonly edge?: "first" | "last" | "only" };
  readonly digit?: string;
  readonly hangUp?: true;
  /** The step at this position began without an agent having been heard: patience ran out. */
  readonly unanswered?: true;
}

const FIRST_QUIET = 600;
const LATER_QUIET = 1500;
const PATIENCE = 15_000;
const KEY_INTERVAL = 200;

const silence: CallerMove = { payload: SILENT_FRAME };

/** A caller who follows a script; asked once per frame, with the stream's time. Pure. */
export class Caller {
  readonly #script: CallerScript;
  #step = 0;
  /** How far the present step has come: frames said or keys pressed; undefined before its cue. */
  #progress: number | undefined;
  #spoken: SpokenAudio | undefined;
  #nextKeyAt = 0;
  #lastStepEnd = 0;
  #heardBefore = 0;
  #unanswered = false;

  constructor(script: CallerScript) {
    this.#script = script;
  }

  /** The step to come, or under way; undefined when the script is done. */
  get step(): CallerStep | undefined {
    return this.#script[this.#step];
  }

  next(at: number, ear: Ear): CallerMove {
    const step = this.step;
    if (step === undefined) return silence;
    if (this.#progress === undefined) this.#sayAgain(at, ear);
    return this.#next(this.step ?? step, at, ear);
  }

  /** The line was lost and is there again: what was being said begins anew. */
  lineCameBack(): void {
    if (this.#progress !== undefined && this.step?.type === "say") this.#progress = 0;
  }

  #sayAgain(at: number, ear: Ear): void {
    const before = this.#script[this.#step - 1];
    if (before?.type !== "say" || before.again === undefined || ear.pending(at) > 0) return;
    if (!before.again(at - Math.max(this.#lastStepEnd, ear.lastLoud(at) ?? 0))) return;
    this.#step--;
    this.#progress = 0;
    this.#spoken = spokenAudio(before.audio);
  }

  #next(step: CallerStep, at: number, ear: Ear): CallerMove {
    if (this.#progress === undefined) {
      if (!this.#cueCame(step.cue, at, ear)) return silence;
      this.#progress = 0;
      this.#nextKeyAt = at;
      if (step.type === "say") this.#spoken = spokenAudio(step.audio);
    }
    const move = this.#perform(step, this.#progress, at, ear);
    if (!this.#unanswered) return move;
    this.#unanswered = false;
    return { ...move, unanswered: true };
  }

  /** Takes the present step out of the script: something else than a media stream has performed it. */
  skip(at: number, heard: number): void {
    this.#endStep(at, heard);
  }

  #perform(step: CallerStep, progress: number, at: number, ear: Ear): CallerMove {
    if (step.type === "hang-up") return { payload: SILENT_FRAME, hangUp: true };
    if (step.type === "press") return this.#press(step.digits, progress, at, ear);
    return this.#say(this.#spoken ?? spokenAudio(step.audio), progress, at, ear);
  }

  #say(spoken: SpokenAudio, progress: number, at: number, ear: Ear): CallerMove {
    const step = this.#step;
    const first = progress === spoken.voice?.firstFrame;
    const last = progress === spoken.voice?.lastFrame;
    const edge = first && last ? "only" : first ? "first" : last ? "last" : undefined;
    this.#progress = progress + 1;
    if (this.#progress >= spoken.frames.length) this.#endStep(at, ear.heard(at));
    return {
      payload: spoken.frames[progress] ?? SILENT_FRAME,
      speaking: edge === undefined ? { step } : { step, edge },
    };
  }

  #press(digits: string, progress: number, at: number, ear: Ear): CallerMove {
    if (at < this.#nextKeyAt) return silence;
    const digit = digits[progress];
    this.#progress = progress + 1;
    this.#nextKeyAt = at + KEY_INTERVAL;
    if (this.#progress >= digits.length) this.#endStep(at, ear.heard(at));
    return digit === undefined ? silence : { payload: SILENT_FRAME, digit };
  }

  #endStep(at: number, heard: number): void {
    this.#step++;
    this.#progress = undefined;
    this.#spoken = undefined;
    this.#lastStepEnd = at;
    this.#heardBefore = heard;
  }

  #cueCame(cue: Cue, at: number, ear: Ear): boolean {
    switch (cue.when) {
      case "at":
        return at >= cue.at;
      case "after":
        return at >= this.#lastStepEnd + cue.wait;
      case "heard":
        return ear.heard(at) - this.#heardBefore >= cue.heard || this.#lostPatience(cue.patience, at, ear);
      case "agent-finished": {
        const loud = ear.lastLoud(at);
        if (loud === undefined || loud <= this.#lastStepEnd) return this.#lostPatience(cue.patience, at, ear);
        const quiet = cue.quiet ?? (this.#step === 0 ? FIRST_QUIET : LATER_QUIET);
        if (at - loud < quiet || ear.pending(at) > 0) return false;
        return cue.owing?.() !== true || this.#lostPatience(cue.patience, at, ear);
      }
    }
  }

  #lostPatience(patience: number | undefined, at: number, ear: Ear): boolean {
    const since = Math.max(this.#lastStepEnd, ear.lastLoud(at) ?? 0);
    this.#unanswered = at - since >= (patience ?? PATIENCE);
    return this.#unanswered;
  }
}

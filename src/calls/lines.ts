import type { Clock } from "../runtime/clock.ts";
import { Admission, type AdmissionLimits, type CallRefusal } from "./admission.ts";
import type { CallMedia } from "./call.ts";
import { WaitingCallers } from "./waiting-callers.ts";

export interface LineLimits extends Pick<AdmissionLimits, "maxCalls"> {
  /** Unset: twice as many as lines. */
  readonly maxGathers?: number;
  /** Unset: 0. */
  readonly maxLateness?: number;
}

/** How a call comes in that is not simply the next one. */
export interface LinePlace {
  /** Those who go before it; unset: all who wait. */
  readonly ahead?: number;
  /** Somebody is on the line already: it is taken, however many there are. */
  readonly inProgress?: boolean;
}

/** Calls without a media stream for each line: they cost next to nothing. */
const GATHERS_PER_LINE = 2;

/** How many calls there are, and whether there may be one more. */
export class Lines {
  readonly admission: Admission;
  /** Callers who hold the line until there is one for them. */
  readonly waiting: WaitingCallers;
  readonly #clock: Clock;
  readonly #taken: Record<CallMedia, number> = { stream: 0, gather: 0 };
  #tooMuchUnsaved = (): boolean => false;

  constructor(clock: Clock, { maxCalls, maxGathers, maxLateness = 0 }: LineLimits) {
    const gathers = maxGathers ?? GATHERS_PER_LINE * maxCalls;
    this.#clock = clock;
    this.admission = new Admission({ maxCalls, maxGathers: gathers, maxLateness });
    this.waiting = new WaitingCallers(gathers);
  }

  /** Calls on media streams. */
  get streams(): number {
    return this.#taken.stream;
  }

  /** No call is taken while this is so. */
  refuseWhile(tooMuchUnsaved: () => boolean): void {
    this.#tooMuchUnsaved = tooMuchUnsaved;
  }

  /** Why a new call would not be taken now; undefined when it would be. */
  refusal(media: CallMedia, { ahead, inProgress = false }: LinePlace = {}): CallRefusal | undefined {
    if (inProgress) return undefined;
    if (this.#tooMuchUnsaved()) return "store";
    const now = this.#clock.now();
    const { stream: streams, gather: gathers } = this.#taken;
    return this.admission.refusal({ media, streams, gathers, ahead: ahead ?? this.waiting.count(now) }, now);
  }

  take(media: CallMedia): void {
    this.#taken[media] += 1;
  }

  free(media: CallMedia): void {
    this.#taken[media] -= 1;
  }
}

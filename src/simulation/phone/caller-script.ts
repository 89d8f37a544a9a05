/**
 * What a simulated caller does, step after step. A step begins when its cue comes, and never before the step
 * before it has ended. Who loses the line in the middle of a sentence says it from the start when there is one again.
 */
export type CallerStep =
  | {
      readonly type: "say";
      /** μ-law 8 kHz. */
      readonly audio: Uint8Array;
      readonly cue: Cue;
      /** What is said, for reports and for `<Gather>`, which hears words only. */
      readonly text?: string;
      /**
       * Asked while the caller waits for the next step's cue and hears nothing, with the ms since he last heard the agent
       * or spoke: whether he says it once more.
       */
      readonly again?: (quiet: number) => boolean;
    }
  /** Keys `0`–`9`, `*`, `#`, one every 200 ms. */
  | { readonly type: "press"; readonly digits: string; readonly cue: Cue }
  | { readonly type: "hang-up"; readonly cue: Cue };

/** When a step begins. Times in ms. */
export type Cue =
  /**
   * The agent has been heard since the step before, and then was quiet for `quiet` (default 600 before the
   * caller's first step, 1500 later: replies pause between sentences). An agent that is not heard within
   * `patience` (default 15 000) is no longer waited for; nor is one that falls silent for so long in the middle of
   * what he has to say, by `owing`: who knows what is to come does not take a pause for the end.
   */
  | {
      readonly when: "agent-finished";
      readonly quiet?: number;
      readonly patience?: number;
      readonly owing?: () => boolean;
    }
  /** So long after the stream began. */
  | { readonly when: "at"; readonly at: number }
  /** So much of the agent was heard since the step before ended; in the middle of a reply this interrupts. */
  | { readonly when: "heard"; readonly heard: number; readonly patience?: number }
  /** So long after the step before ended, or after the stream began. */
  | { readonly when: "after"; readonly wait: number };

export type CallerScript = readonly CallerStep[];

/** Says each recording when the agent has finished, then hangs up. */
export function conversation(recordings: readonly Uint8Array[]): CallerScript {
  const cue: Cue = { when: "agent-finished" };
  return [...recordings.map((audio): CallerStep => ({ type: "say", audio, cue })), { type: "hang-up", cue }];
}

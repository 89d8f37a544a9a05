/** One thing that a call needs, looked at for real. */
export interface Check {
  /** What is checked, in a few words. */
  readonly name: string;
  /**
   * Imports the packages that the check needs. That may block the thread for seconds, so all checks load before any
   * runs: a deadline would pass meanwhile.
   */
  load?(): Promise<unknown>;
  /** Ends within its own deadline. What it throws is a mistake of the check, and reported as one. */
  run(): Promise<Verdict>;
}

export type Verdict =
  | { readonly outcome: "ok"; readonly found: string }
  /** `fix` is what the operator does about it. */
  | { readonly outcome: "fail"; readonly wrong: string; readonly fix: string }
  /** There was nothing to check, or nothing can be said. */
  | { readonly outcome: "skip"; readonly why: string };

export function ok(found: string): Verdict {
  return { outcome: "ok", found };
}

export function fail(wrong: string, fix: string): Verdict {
  return { outcome: "fail", wrong, fix };
}

export function skip(why: string): Verdict {
  return { outcome: "skip", why };
}

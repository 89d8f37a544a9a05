import { Lookahead } from "./lookahead.ts";
import { beginning, nextPlace } from "./place.ts";
import { LETTER, type Rule, SPACE, type Step } from "./rule.ts";
import { rulesFor } from "./speech-rules.ts";
import { SpokenLine } from "./spoken-line.ts";

/**
 * Turns what a model writes into what a voice should say, while it is being written: "**$5.50**, e.g. on 11/20"
 * becomes "five dollars and fifty cents, for example on November twentieth". However the text is cut into pieces,
 * the output is the same. Plain words pass at once; what may still become something else (a number, a word in
 * capitals, "Dr", a link) is held back until it is decided, at most 300 characters, and the spaces before it
 * with it. In a language without rules of its own only formatting and pictographs are taken out.
 */
export class SpokenText {
  readonly #rules: readonly Rule[];
  readonly #line = new SpokenLine();
  #held = "";
  #place = beginning;
  #item = false;
  /** Line ends since the last thing said. */
  #lines = 0;

  /** @param language BCP 47. */
  constructor(language: string) {
    this.#rules = rulesFor(language);
  }

  /** The next piece of the text, cut anywhere. Answers with what can be said now; it may be "". */
  push(piece: string): string {
    this.#held += piece;
    this.#advance(false);
    return this.#line.take();
  }

  /**
   * Nothing follows for now: answers with all that was held back. What is pushed later begins anew, so whoever
   * joins the two puts a space between.
   */
  flush(): string {
    this.#advance(true);
    this.#line.breakOff();
    this.#place = beginning;
    this.#item = false;
    this.#lines = 0;
    return this.#line.take();
  }

  #advance(complete: boolean): void {
    let from = 0;
    while (from < this.#held.length) {
      const step = this.#decide(from, complete);
      if (step === undefined) break;
      this.#perform(step, this.#held.slice(from, from + step.take));
      from += step.take;
    }
    this.#held = this.#held.slice(from);
  }

  /** Undefined: it takes more text to tell. */
  #decide(from: number, complete: boolean): Step | undefined {
    const first = this.#held[from] as string;
    if (SPACE.test(first)) return { take: 1, gap: "space" };
    if (this.#place.inWord && LETTER.test(first)) return { take: 1, say: first };
    for (const rule of this.#rules) {
      const input = new Lookahead(this.#held, from, complete);
      const step = rule(input, this.#place);
      if (input.short) return undefined;
      if (step !== undefined) return step;
    }
    return { take: 1, say: first };
  }

  #perform(step: Step, taken: string): void {
    if (step.item === true) {
      this.#item = true;
      if (this.#lines > 0) this.#line.rest("stop");
    }
    if (step.say !== undefined) {
      this.#line.say(step.say, step.apart === true);
      this.#lines = 0;
    }
    if (step.gap !== undefined) this.#line.rest(step.gap);
    if (taken.includes("\n")) this.#endLine();
    this.#place = nextPlace(this.#place, step, taken);
  }

  #endLine(): void {
    this.#lines += 1;
    this.#line.rest(this.#item || this.#lines > 1 ? "stop" : "line");
    this.#item = false;
  }
}

/** The whole of a text as a voice should say it. */
export function spoken(text: string, language: string): string {
  const spokenText = new SpokenText(language);
  return spokenText.push(text) + spokenText.flush();
}

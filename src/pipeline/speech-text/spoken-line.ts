import { type Gap, gaps } from "./rule.ts";

/** Puts what is said together: one space between words, one mark at most where a rest is. */
export class SpokenLine {
  #ready = "";
  #last = "";
  #gap: Gap = "none";
  #apart = false;

  rest(gap: Gap): void {
    if (gaps.indexOf(gap) > gaps.indexOf(this.#gap)) this.#gap = gap;
  }

  /** @param apart whether it is a word of its own, whatever stands beside it. */
  say(text: string, apart: boolean): void {
    const first = text[0];
    if (first === undefined) return;
    this.#ready += this.#between(first, apart) + text;
    this.#last = text.at(-1) as string;
    this.#gap = "none";
    this.#apart = apart;
  }

  /** What was said since the last time. */
  take(): string {
    const ready = this.#ready;
    this.#ready = "";
    return ready;
  }

  /** What follows stands by itself: the rest before it is whoever joins the two's affair. */
  breakOff(): void {
    this.#last = "";
    this.#gap = "none";
    this.#apart = false;
  }

  #between(first: string, apart: boolean): string {
    if (this.#last === "" || MARK.test(first)) return "";
    if (this.#gap === "none") {
      const wordBegins = apart || (this.#apart && WORD.test(first));
      return wordBegins && (WORD.test(this.#last) || MARK.test(this.#last)) ? " " : "";
    }
    if (this.#gap === "space" || ENDS_CLAUSE.test(this.#last)) return " ";
    if (this.#gap === "stop") return ". ";
    return this.#gap === "line" && /^\p{Ll}$/u.test(first) ? " " : ", ";
  }
}

const WORD = /^[\p{L}\p{N}]$/u;
/** Stands right after the word before it. */
const MARK = /^[.,!?;:…)\]]$/;
const ENDS_CLAUSE = /^[.,!?;:…—(]$/;

import type { Verdict } from "./check.ts";

/** What is written in place of a secret. */
const HIDDEN = "[secret]";
/** A shorter secret, such as the `ollama` of a local server, may be a part of our own words. */
const SHORT = 8;

/**
 * A verdict as one line: the outcome, what was checked, what was found or is wrong, and the fix. Secrets in it, which
 * a setting or an error may repeat, are hidden (a short one where it stands alone), and control characters cannot
 * break the line.
 */
export function reportLine(name: string, verdict: Verdict, secrets: readonly string[]): string {
  const text = secrets.reduce(hide, told(verdict)).replaceAll(/\p{Cc}+/gu, " ");
  return `${verdict.outcome.padEnd(4)}  ${name}: ${text}.`;
}

function told(verdict: Verdict): string {
  switch (verdict.outcome) {
    case "ok":
      return verdict.found;
    case "fail":
      return `${verdict.wrong}. Fix: ${verdict.fix}`;
    case "skip":
      return verdict.why;
  }
}

function hide(text: string, secret: string): string {
  if (secret === "") return text;
  if (secret.length >= SHORT) return text.replaceAll(secret, HIDDEN);
  return text.replaceAll(new RegExp(`(?<!\\w)${RegExp.escape(secret)}(?!\\w)`, "g"), HIDDEN);
}

import { digitGroups, digits } from "./number-words.ts";
import { pattern, type Reading } from "./reading.ts";

const END = String.raw`(?![\p{L}\p{Nd}]|[.,:/-]\d)`;

/** Telephone, card and other numbers that are written in groups: digit by digit, with a rest between groups. */
export const phoneNumbers: readonly Reading[] = [
  // International (E.164: 7 to 15 digits).
  {
    pattern: pattern(String.raw`\+(\d{1,3})((?:[ .-]?\(?\d{1,4}\)?){1,5})`, END),
    say: ([whole]) => {
      const all = whole.replace(/\D/g, "");
      if (all.length < 7 || all.length > 15) return undefined;
      const written = whole.match(/\d+/g) ?? [];
      const groups = written.length > 1 ? written : american(all);
      return `plus ${groups.map((group) => (group.length > 4 ? digitGroups(group) : digits(group))).join(", ")}`;
    },
  },
  grouped(String.raw`(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}`),
  grouped(String.raw`\d{3}-\d{4}`),
  grouped(String.raw`\(?0\d{1,4}\)?(?:[ -]\d{3,8}){1,3}`),
  grouped(String.raw`\d{3,4}(?: \d{3,6}){2,5}`),
  grouped(String.raw`\d{2,4}(?:-\d{2,6}){2,5}`),
];

function grouped(source: string): Reading {
  return {
    pattern: pattern(source, END),
    say: ([whole]) => whole.match(/\d+/g)?.map(digitGroups).join(", "),
  };
}

/** +1 and ten digits need no spaces to be known. */
function american(all: string): string[] {
  return all.length === 11 && all.startsWith("1")
    ? ["1", all.slice(1, 4), all.slice(4, 7), all.slice(7)]
    : [all];
}

import { DIGIT, LETTER, type Rule, SPACE, UPPER } from "../rule.ts";
import { WordTable } from "../word-table.ts";
import { dayNames, monthNames } from "./calendar.ts";

const short = (names: ReadonlyMap<string, string>) =>
  new WordTable([...names].filter(([name, whole]) => name !== whole));
const months = short(monthNames);
const days = short(dayNames);

/** "Nov 20" and "Mon-Fri": short names in full where they cannot be anything else. */
export const monthAndDayNames: Rule = (input, { inWord, inAddress }) => {
  if (inWord || inAddress || !UPPER.test(input.at(0))) return undefined;
  const month = months.longest(input);
  if (month !== undefined) {
    const end = input.at(month.end) === "." ? month.end + 1 : month.end;
    const isMonth = SPACE.test(input.at(end)) && DIGIT.test(input.at(end + 1));
    return isMonth ? { take: end, say: month.value, apart: true } : undefined;
  }
  const day = days.longest(input);
  if (day === undefined || LETTER.test(input.at(day.end))) return undefined;
  const point = input.at(day.end) === "." ? 1 : 0;
  const dash = day.end + point;
  if (/^[-–]$/.test(input.at(dash))) {
    const until = days.longest(input, dash + 1);
    if (until === undefined || LETTER.test(input.at(until.end))) return undefined;
    return { take: until.end, say: `${day.value} to ${until.value}`, apart: true };
  }
  return point === 1 && input.at(dash) === "," ? { take: dash, say: day.value, apart: true } : undefined;
};

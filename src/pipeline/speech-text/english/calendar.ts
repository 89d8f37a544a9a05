import { WordTable } from "../word-table.ts";

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** Short and whole names, to the whole ones. */
export const monthNames: ReadonlyMap<string, string> = new Map([
  ...months.flatMap((name) => [[name, name] as const, [name.slice(0, 3), name] as const]),
  ["Sept", "September"],
]);

export const dayNames: ReadonlyMap<string, string> = new Map([
  ...days.flatMap((name) => [[name, name] as const, [name.slice(0, 3), name] as const]),
  ["Tues", "Tuesday"],
  ["Thur", "Thursday"],
  ["Thurs", "Thursday"],
]);

/** Names that follow a time without beginning a sentence. */
export const calendarNames = new WordTable([...monthNames, ...dayNames]);

/** @param number 1 to 12; undefined for any other. */
export function monthName(number: number): string | undefined {
  return months[number - 1];
}

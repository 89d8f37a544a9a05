import type { CallingHours } from "./batches.ts";

const MINUTE = 60_000;
/** A week and a day, in minutes: every window begins once in that time. */
const LOOK_AHEAD = 8 * 1_440;
const dayNumbers: Readonly<Record<string, number>> = {
  Mon: 1,
  Tue: 2,
  Wed: 3,
  Thu: 4,
  Fri: 5,
  Sat: 6,
  Sun: 7,
};

/**
 * When calls may next be placed: now (`wall`) inside of the hours, else the next minute at which they begin.
 * Undefined when that is never. Times in Unix ms.
 *
 * A window over midnight belongs to the day on which it begins.
 */
export function nextCallingTime(hours: CallingHours | undefined, wall: number): number | undefined {
  if (hours === undefined || isOpen(hours, wall)) return wall;
  const first = Math.ceil(wall / MINUTE) * MINUTE;
  for (let minute = 0; minute <= LOOK_AHEAD; minute++) {
    if (isOpen(hours, first + minute * MINUTE)) return first + minute * MINUTE;
  }
  return undefined;
}

function isOpen(hours: CallingHours, wall: number): boolean {
  const { day, minute } = localTime(hours.timezone, wall);
  const [start, end] = [minutesOf(hours.start), minutesOf(hours.end)];
  if (start < end) return minute >= start && minute < end && isDay(hours, day);
  if (minute >= start) return isDay(hours, day);
  return minute < end && isDay(hours, day === 1 ? 7 : day - 1);
}

function isDay({ days }: CallingHours, day: number): boolean {
  return days === undefined || days.includes(day);
}

function minutesOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return hour * 60 + minute;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(timezone: string, wall: number): { day: number; minute: number } {
  const format =
    formats.get(timezone) ??
    new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  formats.set(timezone, format);
  const parts = Object.fromEntries(format.formatToParts(wall).map(({ type, value }) => [type, value]));
  return {
    day: dayNumbers[parts.weekday ?? ""] ?? 1,
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}

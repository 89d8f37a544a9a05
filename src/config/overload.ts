import type { CallingHours } from "../calls/batches.ts";
import type { OverloadOffer } from "../calls/overload-policy.ts";
import type { EnvironmentReader } from "./environment-reader.ts";
import { given } from "./given.ts";

/** What happens when there are more calls than can be served. Times in ms. */
export interface OverloadConfig {
  /** What callers get for whom there is no line. */
  readonly offer: OverloadOffer;
  /** Calls without a media stream at one time. */
  readonly maxGathers: number;
  /** The latest that the event loop may be with a call more; 0: however late. */
  readonly maxLateness: number;
  /** The longest that a caller waits for a line. */
  readonly queueTime: number;
  /** Bytes of changes of calls that may wait for a store that is away, about. */
  readonly mostUnsaved: number;
  /** When people are called back; unset: always. */
  readonly callbackHours?: CallingHours;
}

const offers = ["gather", "queue", "callback", "busy"] as const satisfies readonly OverloadOffer[];

/** No gap at the caller's ear may be longer than 40 ms: an event loop that is later cannot keep that. */
const MAX_LATENESS = 40;

export function readOverload(environment: EnvironmentReader, maxCalls: number): OverloadConfig {
  return given({
    offer: environment.choice("OVERLOAD", "gather", offers),
    maxGathers: environment.integer("MAX_GATHER_CALLS", 2 * maxCalls, 0, 100_000),
    maxLateness: environment.integer("MAX_LATENESS", MAX_LATENESS, 0, 10_000),
    queueTime: environment.integer("QUEUE_TIME", 120, 5, 3_600) * 1_000,
    mostUnsaved: environment.integer("STORE_BUFFER_MB", 64, 1, 16_384) * 1024 * 1024,
    callbackHours: readHours(environment),
  });
}

const HOURS = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d) ([A-Za-z]\S*)$/;

/** `09:00-20:00 Europe/Berlin` */
function readHours(environment: EnvironmentReader): CallingHours | undefined {
  const value = environment.text("CALLBACK_HOURS");
  if (value === undefined) return undefined;
  const [, start, end, timezone] = HOURS.exec(value) ?? [];
  if (start !== undefined && end !== undefined && timezone !== undefined && isTimezone(timezone)) {
    return { start, end, timezone };
  }
  environment.problem(
    "CALLBACK_HOURS",
    `is "${value}", which is not a daily window and an IANA time zone`,
    "write it as 09:00-20:00 Europe/Berlin",
  );
  return undefined;
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

import { Type } from "typebox";
import { GatewayError } from "../../runtime/errors.ts";

const timeOfDay = Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples: ["09:00"] });

/** When calls may be placed; {@link knownTimezone} checks the zone. */
export const callingHours = Type.Object(
  {
    start: timeOfDay,
    end: timeOfDay,
    timezone: Type.String({ maxLength: 64, description: "IANA name", examples: ["Europe/Berlin"] }),
    days: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
        minItems: 1,
        maxItems: 7,
        uniqueItems: true,
        description: "1 is Monday, 7 is Sunday; unset: every day",
      }),
    ),
  },
  {
    description:
      "A daily window; one that ends before it begins goes over midnight and belongs to its first day",
    examples: [{ start: "09:00", end: "17:30", timezone: "Europe/Berlin", days: [1, 2, 3, 4, 5] }],
  },
);

/** Throws `BAD_REQUEST` for a zone that the IANA database does not have. */
export function knownTimezone(timezone: string): void {
  if (/^[A-Za-z]/.test(timezone) && isKnown(timezone)) return; // an offset is no zone
  throw new GatewayError(
    "BAD_REQUEST",
    "calling_hours.timezone must be the name of an IANA time zone, such as Europe/Berlin",
  );
}

function isKnown(timezone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: timezone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

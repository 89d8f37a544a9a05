import { Type } from "typebox";
import { nullableString } from "./nullable.ts";

/** ISO 8601 in UTC, with a `Z`. */
export function moment(description: string) {
  return Type.String({ format: "date-time", description, examples: ["2025-01-15T10:30:00.000Z"] });
}

/** A {@link moment} that may not have come yet. */
export function momentOrNull(description: string) {
  return nullableString({ format: "date-time", description });
}

/** Unix ms as the API writes it. */
export function isoTime(wall: number): string {
  return new Date(wall).toISOString();
}

export function isoTimeOrNull(wall: number | null): string | null {
  return wall === null ? null : isoTime(wall);
}

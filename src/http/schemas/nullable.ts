import { type TSchemaOptions, Type } from "typebox";

/** An integer, or null where there is none. */
export function nullableInteger(options: TSchemaOptions & { minimum?: number; maximum?: number } = {}) {
  return Type.Unsafe<number | null>({ ...options, type: ["integer", "null"] });
}

/** A text, or null where there is none. */
export function nullableString(
  options: TSchemaOptions & { minLength?: number; maxLength?: number; format?: string } = {},
) {
  return Type.Unsafe<string | null>({ ...options, type: ["string", "null"] });
}

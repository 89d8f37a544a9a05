import type { Json } from "../runtime/json.ts";
import { digitsOf } from "../runtime/phone-number.ts";
import { ERASED } from "./erase-calls.ts";

/** A copy in whose texts the number stands nowhere, as a whole number or as a part of a name (`outbound-1234567-…`). */
export function withoutNumber(value: Json, phone: string): Json {
  const number = new RegExp(`(?<![a-zA-Z0-9_])${digitsOf(phone)}(?![a-zA-Z0-9_])`, "g");
  const masked = (part: Json): Json => {
    if (typeof part === "string") return part.replace(number, ERASED);
    if (Array.isArray(part)) return part.map(masked);
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, masked(inner as Json)]));
  };
  return masked(value);
}

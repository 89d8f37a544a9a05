/**
 * Parameters without NUL characters in their texts. PostgreSQL keeps none, and a text from outside that has
 * one would make a write fail whenever it is tried.
 */
export function withoutNul(parameters: readonly unknown[]): unknown[] {
  return parameters.map((value) =>
    typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "") : value,
  );
}

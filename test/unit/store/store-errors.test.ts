import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { asError } from "../../../src/store/embedded/sqlite-errors.ts";
import { reason, statementError } from "../../../src/store/postgres/postgres-errors.ts";

describe("a statement's failure", () => {
  it.each([
    ["busy", 5, true],
    ["disk full", 13, true],
    ["I/O error on fsync", 10 + 4 * 256, true],
    ["corrupt", 11, true],
    ["no such table", 1, false],
    ["a broken constraint", 19 + 8 * 256, false],
    ["something that SQLite does not know", undefined, false],
  ])("in SQLite, by %s, is the store's: %s → %s", (what, resultCode, isTheStores) => {
    const error = asError({ error: what, ...(resultCode !== undefined && { resultCode }) });
    expect(error instanceof GatewayError && error.code === "STORE_UNAVAILABLE").toBe(isTheStores);
    expect(error.message).toContain(what);
  });

  it.each([
    ["08006", true],
    ["40001", true],
    ["40P01", true],
    ["53300", true],
    ["57014", true],
    ["57P01", true],
    ["25006", true],
    ["ECONNRESET", true],
    [undefined, true],
    ["23505", false],
    ["42P01", false],
    ["22021", false],
  ])("in PostgreSQL, by %s, is the store's: %s", (code, isTheStores) => {
    const cause = Object.assign(new Error("It failed"), code !== undefined && { code });
    const error = statementError(cause);
    if (isTheStores) expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", cause });
    else expect(error).toBe(cause);
  });

  it("at several addresses is told by each", () => {
    const inner = ["::1 refused", "127.0.0.1 refused"].map((text) => new Error(text));
    expect(reason(new AggregateError(inner))).toBe("::1 refused, 127.0.0.1 refused");
  });
});

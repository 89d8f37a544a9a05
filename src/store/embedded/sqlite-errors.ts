import { GatewayError } from "../../runtime/errors.ts";
import type { SqliteFailure } from "./sqlite-messages.ts";

/** Result codes of SQLite that are met when a database is opened: https://sqlite.org/rescode.html */
export const resultCode = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  cannotOpen: 14,
  notADatabase: 26,
};

/** Results that tell of a mistake in the statement or its values; all others, of the database's state. */
const MISTAKES = new Set([1, 18, 19, 20, 21, 25]);

/** What an error thrown by SQLite says. */
export function sqliteFailure(error: unknown): SqliteFailure {
  if (!(error instanceof Error)) return { error: String(error) };
  const code: unknown = "errcode" in error ? error.errcode : undefined;
  return { error: error.message, ...(typeof code === "number" && { resultCode: code }) };
}

/** The primary result code, of which extended ones are kinds. */
export function primaryCode({ resultCode: code }: SqliteFailure): number | undefined {
  return code === undefined ? undefined : code & 0xff;
}

/** A statement's failure, as it leaves the store. */
export function asError(failure: SqliteFailure): Error {
  const code = primaryCode(failure);
  const error = new Error(`SQLite: ${failure.error}`);
  if (code === undefined || MISTAKES.has(code)) return error;
  return new GatewayError("STORE_UNAVAILABLE", `The store failed: ${failure.error}`, { cause: error });
}

import { GatewayError } from "../../runtime/errors.ts";

/**
 * Classes and codes of SQLSTATE that tell of the database's state instead of a mistake in the statement:
 * connections, transactions given up for others, resources, operators (timeouts, shutdown), the system,
 * and a server that has become read-only. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE = /^(08|40|53|55|57|58|XX|25006)/;

/** What a statement's error leaves the store as. Errors without an SQLSTATE are the connection's. */
export function statementError(error: unknown): unknown {
  const code = sqlState(error);
  return code === undefined || UNAVAILABLE.test(code) ? unavailable(error) : error;
}

/** The message tells what failed, never where to or as whom: that is in the URL, with the password. */
export function unavailable(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError("STORE_UNAVAILABLE", `The store cannot be reached: ${reason(error)}`, {
    cause: error,
  });
}

/** The error in a few words. A failed connection to a name with several addresses has its reasons inside. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reason).join(", ");
  return error instanceof Error ? error.message : String(error);
}

function sqlState(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

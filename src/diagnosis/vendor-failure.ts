import { GatewayError } from "../runtime/errors.ts";
import { fail, type Verdict } from "./check.ts";

/** How a vendor is called in a verdict. */
export interface Vendor {
  readonly name: string;
  /** The variables that hold its key and its address. */
  readonly keyVariable: string;
  readonly urlVariable: string;
  /** Where keys are made. */
  readonly keyPage: string;
}

/** A vendor that is listed again under a label, with variables of its own. */
export function labelled(vendor: Vendor, label: string | undefined): Vendor {
  if (label === undefined) return vendor;
  return {
    ...vendor,
    name: `${vendor.name} (${label})`,
    keyVariable: variableOf(vendor.keyVariable, label),
    urlVariable: variableOf(vendor.urlVariable, label),
  };
}

/** `OPENAI_MODEL`, `back-up` → `OPENAI_BACK_UP_MODEL`. */
export function variableOf(variable: string, label: string | undefined): string {
  if (label === undefined) return variable;
  return variable.replace("_", `_${label.replaceAll("-", "_").toUpperCase()}_`);
}

/**
 * What an error of a vendor's package means for the operator. The vendor's own words are left out: they repeat parts
 * of the key, and are no help with it.
 */
export function vendorFailure(error: unknown, vendor: Vendor): Verdict {
  const { name, keyVariable, urlVariable, keyPage } = vendor;
  if (error instanceof GatewayError && error.code === "PROVIDER_TIMEOUT") {
    return fail(error.message, `check the network and ${urlVariable}, and whether ${name} has an outage`);
  }
  const status = statusOf(error);
  if (status === undefined) {
    const reason = networkCode(error) ?? "the connection failed";
    return fail(
      `${name} cannot be reached (${reason})`,
      `check the network, the proxy or firewall, and ${urlVariable}`,
    );
  }
  if (status === 401) {
    return fail(`${name} does not accept the key (401)`, `set ${keyVariable} to a key from ${keyPage}`);
  }
  if (status === 403) {
    return fail(
      `the key is known to ${name} but not allowed to do this (403)`,
      `give the key in ${keyVariable} more rights, or make another one at ${keyPage}`,
    );
  }
  if (status === 402 || status === 429) {
    return fail(
      `${name} takes no more requests (${status})`,
      `look at the usage and the credit of the account at ${keyPage}, then try again`,
    );
  }
  if (status >= 500) {
    return fail(
      `${name} has trouble (${status})`,
      `try again in a minute; look at the status page of ${name}`,
    );
  }
  return fail(`${name} answers ${status}`, `check that ${urlVariable} is the address of ${name}'s API`);
}

/** The HTTP status in an error, under either of the names that the packages use. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  return [status, statusCode].find((value) => typeof value === "number");
}

/** `ECONNREFUSED` and its like, from the error or from what caused it. */
export function networkCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < MOST_CAUSES; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return undefined;
}

const MOST_CAUSES = 6;

import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "./public-address.ts";

/** The name, or the address, leads to where nobody wants the gateway to go. */
export class PrivateAddressError extends Error {
  constructor(address: string) {
    super(`${address} is not a public address; CALL_HISTORY_ALLOW_PRIVATE=true allows it`);
    this.name = "PrivateAddressError";
  }
}

/**
 * Resolves a name for a connection and refuses it when any of its addresses is not public. The connection goes
 * to the very addresses that were checked, so nothing can change in between.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, "");
    const bad = addresses.find(({ address }) => !isPublicAddress(address));
    if (bad !== undefined) return callback(new PrivateAddressError(bad.address), "");
    const [first] = addresses;
    if (options.all === true || first === undefined) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

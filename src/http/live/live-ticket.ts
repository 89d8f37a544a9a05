import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** How long a ticket is good, in ms. */
export const TICKET_LIFETIME = 30_000;

/** What an honest ticket says. */
export interface LiveTicketClaims {
  /** Unix ms. */
  readonly expiresAt: number;
  /** What is remembered once the ticket is spent. */
  readonly nonce: string;
}

/** The key that tickets are made with: derived from the API key; random (this process only) without one. */
export function liveTicketKey(apiSecretKey: string | undefined): Buffer {
  if (apiSecretKey === undefined) return randomBytes(32);
  return Buffer.from(hkdfSync("sha256", apiSecretKey, "", "earshot live ticket", 32));
}

/**
 * A short-lived stand-in for the API key in the URL of a live feed, for browsers, which cannot set headers on a
 * WebSocket: `expiry.nonce.mac`.
 *
 * @param wall now, in Unix ms.
 */
export function mintLiveTicket(key: Buffer, wall: number): string {
  const body = `${wall + TICKET_LIFETIME}.${randomBytes(12).toString("base64url")}`;
  return `${body}.${macOf(key, body).toString("base64url")}`;
}

/** What the ticket says; undefined when it is not one of ours, or too old. @param wall now, in Unix ms. */
export function checkLiveTicket(key: Buffer, ticket: string, wall: number): LiveTicketClaims | undefined {
  const [, expiry = "", nonce = "", mac = ""] = /^(\d{1,16})\.([\w-]{16})\.([\w-]{43})$/.exec(ticket) ?? [];
  const given = Buffer.from(mac, "base64url");
  const expected = macOf(key, `${expiry}.${nonce}`);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const expiresAt = Number(expiry);
  return wall > expiresAt ? undefined : { expiresAt, nonce };
}

function macOf(key: Buffer, body: string): Buffer {
  return createHmac("sha256", key).update(body).digest();
}

import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { CallHistory } from "../calls/call-history.ts";

/** How long a token is good for, in seconds: a try takes less than half a minute. */
const LIFETIME = 300;

/**
 * The JWT that goes with one try: it names the call that the body tells of, and is never used again.
 *
 * @param wall Unix ms.
 */
export function deliveryToken(secret: string, body: string, wall: number): Promise<string> {
  const { phone_number, end_time } = JSON.parse(body) as CallHistory;
  const now = Math.floor(wall / 1000);
  return new SignJWT({ phone_number, timestamp: end_time })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt(now)
    .setExpirationTime(now + LIFETIME)
    .setJti(randomUUID())
    .sign(new TextEncoder().encode(secret));
}

import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * The one-time token that ties a media socket to the TwiML that opened it. It travels as
 * `<Parameter name="token">` (name and value together stay under Twilio's 500 characters) and holds all
 * that is needed to check it, so that webhook and socket may reach different replicas.
 */
export interface StreamTokenClaims {
  readonly sessionId: number;
  readonly sipCallId: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  /** What is remembered once the token is spent. */
  readonly nonce: string;
}

export type TokenRefusal = "malformed" | "forged" | "expired" | "other-call";

/** How long after its TwiML a media socket may come: a `<Say>` before `<Connect>` plays to its end first. */
export const STREAM_TOKEN_LIFETIME = 300_000;

/** The key: derived from the first secret that is set; random (this process only) when none is. */
export function streamTokenKey(secrets: readonly (string | undefined)[]): Buffer {
  const secret = secrets.find((candidate) => candidate !== undefined && candidate !== "");
  if (secret === undefined) return randomBytes(32);
  return Buffer.from(hkdfSync("sha256", secret, "", "earshot media stream token", 32));
}

export function mintStreamToken(key: Buffer, claims: StreamTokenClaims): string {
  const body = Buffer.from(
    JSON.stringify([claims.sessionId, claims.sipCallId, claims.expiresAt, claims.nonce]),
  ).toString("base64url");
  return `${body}.${macOf(key, body).toString("base64url")}`;
}

/** @param wall now, in milliseconds since the Unix epoch. */
export function checkStreamToken(
  key: Buffer,
  token: string,
  sipCallId: string,
  wall: number,
): StreamTokenClaims | TokenRefusal {
  const [body, mac, ...rest] = token.split(".");
  if (body === undefined || mac === undefined || rest.length > 0 || token.length > 480) return "malformed";
  const given = Buffer.from(mac, "base64url");
  const expected = macOf(key, body);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "forged";
  const [sessionId, ownCall, expiresAt, nonce] = JSON.parse(Buffer.from(body, "base64url").toString()) as [
    number,
    string,
    number,
    string,
  ];
  if (wall > expiresAt) return "expired";
  if (ownCall !== sipCallId) return "other-call";
  return { sessionId, sipCallId: ownCall, expiresAt, nonce };
}

function macOf(key: Buffer, body: string): Buffer {
  return createHmac("sha256", key).update(body).digest();
}

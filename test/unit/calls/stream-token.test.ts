import { describe, expect, it } from "vitest";
import { checkStreamToken, mintStreamToken, streamTokenKey } from "../../../src/calls/stream-token.ts";

const key = streamTokenKey(["secret"]);
const claims = { sessionId: 42, sipCallId: "CA1", expiresAt: 1_000, nonce: "n" };
const token = mintStreamToken(key, claims);

describe("a stream token", () => {
  it("is good for its own call until it expires", () => {
    expect(checkStreamToken(key, token, "CA1", 1_000)).toEqual(claims);
    expect(checkStreamToken(key, token, "CA1", 1_001)).toBe("expired");
    expect(checkStreamToken(key, token, "CA2", 0)).toBe("other-call");
  });

  it("is not good when anything of it was changed", () => {
    const [body = "", mac = ""] = token.split(".");
    const other = mintStreamToken(key, { ...claims, sessionId: 43 }).split(".")[0];
    for (const forged of [`${other}.${mac}`, `${body}.`, `${body}.AAAA`, `${body}x.${mac}`]) {
      expect(checkStreamToken(key, forged, "CA1", 0)).toBe("forged");
    }
    for (const malformed of ["", "x", `${token}.x`, "a".repeat(481)]) {
      expect(checkStreamToken(key, malformed, "CA1", 0)).toBe("malformed");
    }
  });

  it("is good on every replica that has the same secret, and on no other", () => {
    expect(checkStreamToken(streamTokenKey([undefined, "", "secret"]), token, "CA1", 0)).toEqual(claims);
    expect(checkStreamToken(streamTokenKey(["other"]), token, "CA1", 0)).toBe("forged");
    expect(checkStreamToken(streamTokenKey([]), token, "CA1", 0)).toBe("forged");
    expect(streamTokenKey([])).not.toEqual(streamTokenKey([]));
  });

  it("fits Twilio's 500 characters of a parameter, name included", () => {
    const longest = mintStreamToken(key, {
      sessionId: Number.MAX_SAFE_INTEGER,
      sipCallId: `CA${"0".repeat(32)}`,
      expiresAt: Number.MAX_SAFE_INTEGER,
      nonce: "n".repeat(16),
    });
    expect(longest.length + "token".length).toBeLessThan(500);
  });
});

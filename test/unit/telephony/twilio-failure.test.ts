import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { twilioFailure } from "../../../src/telephony/twilio-failure.ts";

const answered = (status: number, code?: number) =>
  Object.assign(new Error("Words of Twilio"), { status, code });
const broken = (code: string) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });

describe("a failure of Twilio", () => {
  it.each([
    [answered(400, 21211), "PROVIDER_REFUSED", false],
    [answered(401, 20003), "PROVIDER_REFUSED", false],
    [answered(403), "PROVIDER_REFUSED", false],
    [answered(404, 20404), "PROVIDER_REFUSED", false],
    [answered(429, 20429), "PROVIDER_RATE_LIMITED", false],
    [answered(408), "PROVIDER_UNAVAILABLE", true],
    [answered(500), "PROVIDER_UNAVAILABLE", true],
    [answered(503), "PROVIDER_UNAVAILABLE", true],
    [broken("ECONNREFUSED"), "PROVIDER_UNAVAILABLE", false],
    [broken("ENOTFOUND"), "PROVIDER_UNAVAILABLE", false],
    [broken("UND_ERR_CONNECT_TIMEOUT"), "PROVIDER_UNAVAILABLE", false],
    [broken("ECONNRESET"), "PROVIDER_UNAVAILABLE", true],
    [broken("UND_ERR_SOCKET"), "PROVIDER_UNAVAILABLE", true],
    [new TypeError("terminated"), "PROVIDER_UNAVAILABLE", true],
    [new SyntaxError("Unexpected end of JSON input"), "PROVIDER_PROTOCOL", true],
    [new GatewayError("PROVIDER_TIMEOUT", "too long"), "PROVIDER_TIMEOUT", true],
    [undefined, "PROVIDER_UNAVAILABLE", true],
  ])("%s is %s; may it have had an effect? %s", (error, code, uncertain) => {
    const failure = twilioFailure(error);
    expect([failure.error.code, failure.uncertain]).toEqual([code, uncertain]);
  });

  it("is told in Twilio's words", () => {
    const { error, status, code, retryAfter } = twilioFailure(answered(400, 21211), 2_000);
    expect(error.message).toBe("Twilio answered 400: Words of Twilio (21211)");
    expect([status, code, retryAfter]).toEqual([400, 21211, 2_000]);
  });
});

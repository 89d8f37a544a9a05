import { describe, expect, it } from "vitest";
import { networkCode, statusOf, vendorFailure } from "../../../src/diagnosis/vendor-failure.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";

const vendor = {
  name: "Acme",
  keyVariable: "ACME_KEY",
  urlVariable: "ACME_URL",
  keyPage: "https://acme.example",
};
const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });

describe("vendorFailure", () => {
  it.each([
    [{ status: 401 }, "does not accept the key", "ACME_KEY"],
    [{ statusCode: 403 }, "not allowed", "ACME_KEY"],
    [{ status: 429 }, "no more requests (429)", "credit"],
    [{ status: 402 }, "no more requests (402)", "credit"],
    [{ statusCode: 503 }, "has trouble (503)", "status page"],
    [{ status: 418 }, "answers 418", "ACME_URL"],
    [
      new GatewayError("PROVIDER_TIMEOUT", "Acme's answer took longer than 5 ms"),
      "longer than 5 ms",
      "ACME_URL",
    ],
    [new TypeError("fetch failed", { cause: refused }), "(ECONNREFUSED)", "ACME_URL"],
    ["what?", "the connection failed", "ACME_URL"],
  ])("says what %j means and what to do", (error, wrong, fix) => {
    expect(vendorFailure(error, vendor)).toEqual({
      outcome: "fail",
      wrong: expect.stringContaining(wrong),
      fix: expect.stringContaining(fix),
    });
  });

  it("leaves the vendor's words out", () => {
    const error = Object.assign(new Error("Incorrect API key: sk-a***z"), { status: 401 });
    expect(JSON.stringify(vendorFailure(error, vendor))).not.toContain("sk-a");
  });
});

describe("statusOf", () => {
  it.each([
    [{ status: 404, statusCode: undefined }, 404],
    [{ status: "404" }, undefined],
    [null, undefined],
    [new Error("no"), undefined],
  ])("of %j is %s", (error, status) => {
    expect(statusOf(error)).toBe(status);
  });
});

describe("networkCode", () => {
  it("is the first one in the chain of causes, which may be a ring", () => {
    expect(networkCode(new Error("a", { cause: new Error("b", { cause: refused }) }))).toBe("ECONNREFUSED");
    const ring = new Error("a");
    ring.cause = ring;
    expect(networkCode(ring)).toBeUndefined();
  });
});

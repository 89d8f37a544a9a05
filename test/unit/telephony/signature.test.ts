import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { upgradeSignatureIsValid, webhookSignatureIsValid } from "../../../src/telephony/signature.ts";

interface Vector {
  readonly name: string;
  readonly authToken: string;
  readonly url: string;
  readonly params: Record<string, string>;
  readonly signature: string;
}

interface NearMiss extends Omit<Vector, "name" | "authToken"> {
  readonly label: string;
  readonly validateRequest: boolean;
}

const { vectors, validatorBehaviour } = JSON.parse(
  readFileSync(new URL("../../fixtures/twilio-signature-vectors.json", import.meta.url), "utf8"),
) as { vectors: Vector[]; validatorBehaviour: { cases: NearMiss[] } };

const token = "12345678901234567890123456789012";
const media = "wss://gw.example.com/twilio/media";
/** Of {@link media} itself, with a slash at its end, and with `:443`. */
const signatures = {
  plain: "Z6qPoKW4mYkderija8JINS/aQcQ=",
  slash: "9ZVJlrGCtMBsASLLk/CI0/cwDlM=",
  port: "ymPk1h497xI+gOZm/5vsLuDeZK4=",
};

describe("webhookSignatureIsValid", () => {
  it.each(vectors)("accepts $name, and not with another token", ({ authToken, signature, url, params }) => {
    expect(webhookSignatureIsValid(authToken, signature, url, params)).toBe(true);
    expect(webhookSignatureIsValid(`${authToken}0`, signature, url, params)).toBe(false);
  });

  it.each(validatorBehaviour.cases)("answers $validateRequest: $label", (nearMiss) => {
    expect(webhookSignatureIsValid(token, nearMiss.signature, nearMiss.url, nearMiss.params)).toBe(
      nearMiss.validateRequest,
    );
  });

  it("is false without a header or with a URL that is none, and does not throw", () => {
    const [vector] = vectors;
    expect(webhookSignatureIsValid(token, undefined, vector?.url ?? "", {})).toBe(false);
    expect(webhookSignatureIsValid(token, "", vector?.url ?? "", {})).toBe(false);
    expect(webhookSignatureIsValid(token, vector?.signature, "/twilio/voice", {})).toBe(false);
  });

  it("covers every value of a repeated parameter once, in order", () => {
    const url = "https://gw.example.com/twilio/voice";
    const signature = createHmac("sha1", token).update(`${url}TagaTagb`).digest("base64");
    expect(webhookSignatureIsValid(token, signature, url, { Tag: ["b", "a", "b"] })).toBe(true);
    expect(webhookSignatureIsValid(token, signature, url, { Tag: "a" })).toBe(false);
  });
});

describe("upgradeSignatureIsValid", () => {
  it("accepts the URL, the URL with a slash, and the URL with :443", () => {
    for (const signature of Object.values(signatures)) {
      expect(upgradeSignatureIsValid(token, signature, media)).toBe(true);
    }
  });

  it("refuses another path, another scheme, another token", () => {
    expect(upgradeSignatureIsValid(token, signatures.plain, "wss://gw.example.com/twilio/other")).toBe(false);
    expect(upgradeSignatureIsValid(token, signatures.plain, "https://gw.example.com/twilio/media")).toBe(
      false,
    );
    expect(upgradeSignatureIsValid("x", signatures.plain, media)).toBe(false);
  });

  it("is false without a header or with a URL that is none, and does not throw", () => {
    expect(upgradeSignatureIsValid(token, undefined, media)).toBe(false);
    expect(upgradeSignatureIsValid(token, signatures.plain, "media")).toBe(false);
  });
});

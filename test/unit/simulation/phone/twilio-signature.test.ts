import { describe, expect, it } from "vitest";
import { twilioSignature } from "../../../../src/simulation/phone/twilio-signature.ts";

const token = "12345678901234567890123456789012";

/** Made with the `twilio` package 6.2.0; all identifiers are invented. */
describe("twilioSignature", () => {
  it("signs a voice webhook over its URL and its sorted parameters", () => {
    const form = {
      To: "+15005550006",
      AccountSid: "AC00000000000000000000000000000001",
      ApiVersion: "2010-04-01",
      CallSid: "CA00000000000000000000000000000001",
      CallStatus: "ringing",
      Called: "+15005550006",
      Caller: "+14155550100",
      Direction: "inbound",
      From: "+14155550100",
    };
    const signature = twilioSignature(token, "https://gw.example.com/twilio/voice", form);
    expect(signature).toBe("bTBz0s7HAWEuDI0dgHWxcnYMmDM=");
  });

  it.each([
    ["wss://gw.example.com/twilio/media", "Z6qPoKW4mYkderija8JINS/aQcQ="],
    ["wss://gw.example.com/twilio/media/", "9ZVJlrGCtMBsASLLk/CI0/cwDlM="],
  ])("signs the upgrade to %s over its URL alone", (url, signature) => {
    expect(twilioSignature(token, url)).toBe(signature);
  });

  it("counts empty values and hashes UTF-8", () => {
    const form = {
      CallSid: "CA00000000000000000000000000000002",
      Confidence: "0.93",
      Digits: "",
      SpeechResult: "café à deux heures",
    };
    const signature = twilioSignature(token, "https://gw.example.com/twilio/gather", form);
    expect(signature).toBe("r3XnlZYYCchq4yjH3cegKLIWWdo=");
  });
});

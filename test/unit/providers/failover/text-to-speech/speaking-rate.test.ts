import { expect, it } from "vitest";
import { SpeakingRate } from "../../../../../src/providers/failover/text-to-speech/speaking-rate.ts";

it("is that of English until enough was said, then the voice's own", () => {
  const rate = new SpeakingRate();
  rate.said(39, 39 * 50);
  rate.said(0, 500);
  rate.said(500, 0);
  expect(rate.perCharacter).toBe(65);
  rate.said(1, 50);
  expect(rate.perCharacter).toBe(50);
});

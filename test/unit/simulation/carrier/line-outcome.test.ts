import { expect, it } from "vitest";
import { outcomeOf } from "../../../../src/simulation/carrier/line-outcome.ts";

it.each([
  ["+14155550100", "answered"],
  ["+14155559901", "busy"],
  ["+14155559902", "no-answer"],
  ["+14155559903", "failed"],
  ["+14155599011", "answered"],
  ["9901", "busy"],
])("a call to %s comes out as %s", (to, outcome) => {
  expect(outcomeOf(to)).toBe(outcome);
});

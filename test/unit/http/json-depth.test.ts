import fc from "fast-check";
import { expect, it } from "vitest";
import { isDeeperThan } from "../../../src/http/json-depth.ts";

/** By building it. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

it("tells the depth of any JSON, brackets and quotes within texts and names included", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), (value, levels) => {
      expect(isDeeperThan(JSON.stringify(value), levels)).toBe(depthOf(value) > levels);
    }),
  );
  expect(isDeeperThan(JSON.stringify({ '[{"\\[[': '"[[[[\\"[[' }), 1)).toBe(false);
});

it.each([
  ["", false],
  ['"', false],
  ['"\\', false],
  ["]]]]", false],
  ["{{{{", true],
])("takes %j, which is not JSON, as it comes", (text, deeper) => {
  expect(isDeeperThan(text, 2)).toBe(deeper);
});

import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const page = readFileSync("docs/security.md", "utf8");
const quoted = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);

it("names tests that there are", () => {
  const tests = quoted.filter((text) => /^(?:unit|call|http|contract)\/[\w/*-]+$/.test(text));
  expect(tests.length).toBeGreaterThan(30);
  expect(tests.filter((test) => globSync(`test/${test}.test.ts`).length === 0)).toEqual([]);
});

it("names sources that there are", () => {
  const sources = quoted.filter((text) => /^[\w-]+\/[\w/.-]+\.ts$/.test(text));
  expect(sources.length).toBeGreaterThan(8);
  expect(sources.filter((source) => globSync(`src/${source}`).length === 0)).toEqual([]);
});

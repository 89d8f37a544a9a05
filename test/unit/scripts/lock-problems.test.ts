import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type LockedPackage, lockProblems } from "../../../scripts/lock-problems.ts";

const whole: LockedPackage = { version: "1.0.0", integrity: "sha512-x", license: "MIT" };

const problemsWith = (given: Partial<LockedPackage>, version = "1.0.0") =>
  lockProblems(
    { dependencies: { one: version } },
    { packages: { "": {}, "node_modules/one": { ...whole, ...given } } },
  );

it("finds nothing in a package that is pinned, whole, silent and shippable", () => {
  expect(problemsWith({})).toEqual([]);
});

it.each([
  ["a range", {}, "^1.0.0", "not one version"],
  ["a tag", {}, "latest", "not one version"],
  ["an address", {}, "github:somebody/one", "not one version"],
  ["another version", { version: "1.0.1" }, "1.0.0", "the lock file has 1.0.1"],
  [
    "a source of its own",
    { resolved: "git+ssh://somewhere/one.git" },
    "1.0.0",
    "not from the configured registry",
  ],
  ["a link", { link: true }, "1.0.0", "not from the configured registry"],
  ["no hash", { integrity: undefined }, "1.0.0", "no integrity hash"],
  ["an install script", { hasInstallScript: true }, "1.0.0", "runs a script"],
  ["a licence that binds", { license: "AGPL-3.0" }, "1.0.0", "AGPL-3.0"],
  ["no licence", { license: undefined }, "1.0.0", "none"],
])("tells of %s", (_, given, version, expected) => {
  const problems = problemsWith(given as Partial<LockedPackage>, version);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^one: /);
  expect(problems[0]).toContain(expected);
});

it("looks at what packages bring with them, by their own names", () => {
  const inner = { ...whole, hasInstallScript: true };
  const packages = { "": {}, "node_modules/one": whole, "node_modules/one/node_modules/@a/b": inner };
  expect(lockProblems({ dependencies: { one: "1.0.0" } }, { packages })).toEqual([
    expect.stringMatching(/^@a\/b: runs a script/),
  ]);
});

it("lets a script run that package.json names", () => {
  const packages = { "": {}, "node_modules/one": { ...whole, hasInstallScript: true } };
  expect(lockProblems({ dependencies: { one: "1.0.0" }, allowScripts: { one: true } }, { packages })).toEqual(
    [],
  );
});

it("asks no hash of a tool's copy for another platform, and of nothing else", () => {
  const copy = { dev: true, optional: true, os: ["win32"], integrity: undefined } as const;
  expect(problemsWith(copy as never)).toEqual([]);
  expect(problemsWith({ ...copy, dev: false } as never)).toHaveLength(1);
});

it("finds nothing in this product's own lock file", () => {
  const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
  expect(lockProblems(read("package.json"), read("package-lock.json"))).toEqual([]);
});

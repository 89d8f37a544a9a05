import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Instructions of the Dockerfile, continued lines joined. */
const instructions = readFileSync("Dockerfile", "utf8")
  .replaceAll(/\\\n/g, " ")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM")));
const only = (name: string): string[] => last.filter((line) => line.startsWith(`${name} `));

it("is based on the Node of the tests, by its exact version, in every stage", () => {
  const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(instructions[0]).toBe(`ARG NODE_IMAGE=node:${devDependencies.node}-slim`);
  const bases = instructions.filter((line) => line.startsWith("FROM"));
  expect(bases).toHaveLength(3);
  for (const base of bases) expect(base).toMatch(/^FROM \$\{NODE_IMAGE\}(?: AS \w+)?$/);
});

it("runs Node itself, as a user by number who is not root, with nothing of the shell's", () => {
  expect(only("USER")).toEqual(["USER 1000:1000"]);
  expect(only("CMD")).toEqual(['CMD ["node", "dist/main.js"]']);
  expect(only("HEALTHCHECK")).toEqual([expect.stringMatching(/CMD \["node", "-e", /)]);
  expect(only("ENTRYPOINT")).toEqual([]);
});

it("copies what it runs without giving it to the user, and has no secret built in", () => {
  expect(only("COPY").filter((line) => line.includes("--chown"))).toEqual([]);
  expect(only("ENV")).toEqual(["ENV NODE_ENV=production", "ENV HOST=0.0.0.0"]);
  expect(instructions.filter((line) => line.startsWith("ADD "))).toEqual([]);
});

it("is built from nothing that .dockerignore does not name", () => {
  const [first, ...named] = readFileSync(".dockerignore", "utf8").trim().split("\n");
  expect(first).toBe("*");
  const copied = instructions
    .filter((line) => line.startsWith("COPY") && !line.includes("--from"))
    .flatMap((line) => line.split(" ").slice(1, -1));
  expect([...new Set(copied)].sort()).toEqual(named.map((line) => line.replace("!", "")).sort());
});

import { describe, expect, it } from "vitest";
import { type Check, fail, ok, skip, type Verdict } from "../../../src/diagnosis/check.ts";
import { runChecks } from "../../../src/diagnosis/run-checks.ts";

async function run(checks: readonly Check[], secrets: readonly string[] = []) {
  const lines: string[] = [];
  const failed = await runChecks(checks, { print: (line) => lines.push(line), secrets });
  return { lines, failed };
}

describe("runChecks", () => {
  it("prints a line for each check in their order, and counts the failures", async () => {
    const { lines, failed } = await run([
      { name: "A", run: async () => ok("fine") },
      { name: "B", run: async () => fail("broken", "mend it") },
      { name: "C", run: async () => skip("nothing to do") },
      { name: "D", run: async () => fail("broken", "mend it") },
    ]);
    expect(lines.map((line) => line.slice(0, 7))).toEqual(["ok    A", "fail  B", "skip  C", "fail  D"]);
    expect(failed).toBe(2);
  });

  it("runs them at the same time, and prints as soon as those before are done", async () => {
    const first = Promise.withResolvers<Verdict>();
    const begun: string[] = [];
    const lines: string[] = [];
    const done = runChecks(
      [
        {
          name: "A",
          run() {
            begun.push("A");
            return first.promise;
          },
        },
        {
          name: "B",
          async run() {
            begun.push("B");
            return ok("b");
          },
        },
      ],
      { print: (line) => lines.push(line), secrets: [] },
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect([begun, lines]).toEqual([["A", "B"], []]);
    first.resolve(ok("a"));
    expect(await done).toBe(0);
    expect(lines).toEqual(["ok    A: a.", "ok    B: b."]);
  });

  it("has loaded all of them before any runs", async () => {
    const order: string[] = [];
    const check = (name: string): Check => ({
      name,
      load: async () => {
        await null;
        order.push(`load ${name}`);
      },
      async run() {
        order.push(`run ${name}`);
        return ok("fine");
      },
    });
    await run([check("A"), check("B")]);
    expect(order).toEqual(["load A", "load B", "run A", "run B"]);
  });

  it("takes a check that breaks, or whose package is missing, for a failure of its own", async () => {
    const { lines, failed } = await run(
      [
        {
          name: "A",
          load: () => Promise.reject(new Error("no package")),
          run: () => Promise.reject(new Error("no package, key-1")),
        },
        { name: "B", run: async () => ok("fine") },
      ],
      ["key-1"],
    );
    expect(failed).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^fail {2}A: the check itself broke: no package, \[secret\]\. Fix: /),
      "ok    B: fine.",
    ]);
  });
});

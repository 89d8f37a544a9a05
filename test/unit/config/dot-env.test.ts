import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadDotEnv } from "../../../src/config/dot-env.ts";

describe("loadDotEnv", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "earshot-env-"));
  });

  afterEach(() => {
    delete process.env.EARSHOT_TEST_A;
    delete process.env.EARSHOT_TEST_B;
    rmSync(folder, { recursive: true });
  });

  it("adds what the environment does not have", () => {
    process.env.EARSHOT_TEST_A = "from outside";
    const file = join(folder, ".env");
    writeFileSync(file, "EARSHOT_TEST_A=from the file\nEARSHOT_TEST_B=from the file\n");
    loadDotEnv(file);
    expect(process.env.EARSHOT_TEST_A).toBe("from outside");
    expect(process.env.EARSHOT_TEST_B).toBe("from the file");
  });

  it("does nothing without a file", () => {
    expect(() => loadDotEnv(join(folder, "none"))).not.toThrow();
  });

  it("stops on a file that cannot be read", () => {
    expect(() => loadDotEnv(folder)).toThrow(/cannot be read/);
  });
});

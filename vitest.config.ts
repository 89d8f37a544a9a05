import { defineConfig } from "vitest/config";

const leakCheck = "test/support/leak-check.ts";

/** Four kinds of test, by what they touch: see CONTRIBUTING.md. All but `unit` are checked for leaks. */
export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/architecture.test.ts"],
          testTimeout: 5_000,
        },
      },
      {
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          setupFiles: [leakCheck],
          testTimeout: 10_000,
          hookTimeout: 10_000,
        },
      },
      {
        test: {
          name: "call",
          include: ["test/call/**/*.test.ts"],
          setupFiles: [leakCheck],
          testTimeout: 30_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: "http",
          include: ["test/http/**/*.test.ts"],
          setupFiles: [leakCheck],
          testTimeout: 10_000,
          hookTimeout: 10_000,
        },
      },
    ],
  },
});

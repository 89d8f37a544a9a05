import { defineConfig } from "vitest/config";

const leakCheck = "test/support/leak-check.ts";

/** For tests with real sockets and processes, which a busy machine slows, in ms. None asserts how long something took. */
const LONGEST = 60_000;
/** Until something has come to be, in ms. */
const LONGEST_WAIT = 15_000;

/** With twenty calls in two processes beside their vendors and a database, the cores have no room for another test file. */
const ALONE = ["test/call/fleet.test.ts"];

/** Four kinds of test, by what they touch: see CONTRIBUTING.md. `call-alone` runs after all others, by itself. All but `unit` are checked for leaks. */
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
          testTimeout: LONGEST,
          hookTimeout: LONGEST,
          expect: { poll: { timeout: LONGEST_WAIT } },
        },
      },
      {
        test: {
          name: "call",
          include: ["test/call/**/*.test.ts"],
          exclude: ALONE,
          setupFiles: [leakCheck],
          testTimeout: LONGEST,
          hookTimeout: LONGEST,
          expect: { poll: { timeout: LONGEST_WAIT } },
        },
      },
      {
        test: {
          name: "call-alone",
          include: ALONE,
          setupFiles: [leakCheck],
          testTimeout: LONGEST,
          hookTimeout: LONGEST,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "http",
          include: ["test/http/**/*.test.ts"],
          setupFiles: [leakCheck],
          testTimeout: LONGEST,
          hookTimeout: LONGEST,
          expect: { poll: { timeout: LONGEST_WAIT } },
        },
      },
    ],
  },
});

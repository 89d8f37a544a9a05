import { describe, expect, it } from "vitest";
import { parseProc, parsePs, usageOf } from "../../../bench/process-usage.ts";

describe("process usage", () => {
  it("reads the CPU ticks behind a name with spaces and brackets, and the resident memory", () => {
    const stat = "77 (node (x) y) S 1 77 77 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 11 0 5";
    expect(parseProc(stat, "Name:\tnode\nVmPeak:\t 900 kB\nVmRSS:\t  2048 kB\n")).toEqual({
      cpu: 3_000,
      memory: 2_097_152,
    });
  });

  it.each([
    ["  0:02.50  1024", 2_500],
    ["01:02:03 1024", 3_723_000],
    ["1-00:00:01 1024", 86_401_000],
  ])("reads what ps says: %s", (line, cpu) => {
    expect(parsePs(line)).toEqual({ cpu, memory: 1_048_576 });
  });

  it("knows of this process that it has run and takes room", () => {
    const { cpu, memory } = usageOf(process.pid);
    expect(cpu).toBeGreaterThan(0);
    expect(memory).toBeGreaterThan(10_000_000);
  });
});

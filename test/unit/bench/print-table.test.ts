import { expect, it } from "vitest";
import { printTable } from "../../../bench/print-table.ts";

it("prints a Markdown table with aligned columns, three digits, and a dash for what is not there", () => {
  const rows = [
    { system: "echo", calls: 100, cpu: 0.98765, p99: undefined },
    { system: "earshot", calls: 1, cpu: 12.3456, p99: 123.4 },
  ];
  expect(printTable({ title: "Capacity", rows, notes: ["Read it so."] })).toBe(
    [
      "### Capacity",
      "",
      "| system  | calls | cpu  | p99 |",
      "|---------|-------|------|-----|",
      "| echo    | 100   | 0.99 | –   |",
      "| earshot | 1     | 12.3 | 123 |",
      "",
      "- Read it so.",
      "",
    ].join("\n"),
  );
});

import type { Cell, Table } from "./benchmark.ts";

/** The table as lines of text, with aligned columns; it is Markdown as well. */
export function printTable({ title, rows, notes = [] }: Table): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => show(row[column])))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  const lines = cells.map(
    (line) => `| ${line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`,
  );
  lines.splice(1, 0, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  return [`### ${title}`, "", ...lines, "", ...notes.map((note) => `- ${note}`), ""].join("\n");
}

/** Three significant digits are more than a shared machine can promise. */
function show(cell: Cell): string {
  if (cell === undefined) return "–";
  if (typeof cell === "string") return cell;
  if (Number.isInteger(cell) || Math.abs(cell) >= 100) return String(Math.round(cell));
  return cell.toFixed(Math.abs(cell) >= 10 ? 1 : 2);
}

import { expect, it } from "vitest";
import { metricValue } from "../../../bench/metric-value.ts";

const exposition = `# HELP earshot_speculations_total Replies
# TYPE earshot_speculations_total counter
earshot_speculations_total{outcome="accepted"} 12
earshot_speculations_total{outcome="wasted"} 3
earshot_calls_active 1.5
`;

it("reads one metric by its name and labels, 0 when it is not there", () => {
  expect(metricValue(exposition, "earshot_speculations_total", 'outcome="wasted"')).toBe(3);
  expect(metricValue(exposition, "earshot_speculations_total")).toBe(12);
  expect(metricValue(exposition, "earshot_calls_active")).toBe(1.5);
  expect(metricValue(exposition, "earshot_speculations_total", 'outcome="other"')).toBe(0);
  expect(metricValue(exposition, "earshot_speculations")).toBe(0);
});

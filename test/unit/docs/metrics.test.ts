import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mediaCounters } from "../../../src/gateway/media-counters.ts";
import { createMetrics, type MetricSources } from "../../../src/telemetry/metrics.ts";

interface Named {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** All of them: every metric that there may be is registered. */
const sources: Required<MetricSources> = {
  media: mediaCounters,
  liveCalls: () => 0,
  eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
  store: () => ({ failing: false, waiting: 0, dropped: {} }),
  deliveries: async () => ({ owed: 0, parked: 0 }),
  load: () => ({ projectedLateness: 0, waiting: 0 }),
  journals: () => ({ kept: 0, dropped: 0 }),
  unrecorded: () => 0,
  breakers: () => [],
  process: true,
};

const page = readFileSync("docs/metrics.md", "utf8");
const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);

/** A row may name several that differ in nothing else. */
const documented: readonly Named[] = page
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter(([, names = ""]) => names.startsWith("`"))
  .flatMap(([, names = "", type = "", labels = ""]) =>
    quoted(names).map((name) => ({ name, type, labels: quoted(labels) })),
  );

/** prom-client keeps the labels' names where its types do not tell. */
function registered(): readonly Named[] {
  const { registry } = createMetrics(sources);
  const metrics = registry.getMetricsAsArray() as unknown as readonly (Omit<Named, "labels"> & {
    readonly labelNames: readonly string[];
  })[];
  registry.clear();
  return metrics.map(({ name, type, labelNames }) => ({ name, type, labels: labelNames }));
}

const byName = (metrics: readonly Named[]) => Object.fromEntries(metrics.map((one) => [one.name, one]));

describe("the page of metrics", () => {
  const known = registered();
  const ours = (metrics: readonly Named[]) => metrics.filter(({ name }) => name.startsWith("earshot_"));

  it("has those that are registered, each once, with type and labels", () => {
    expect(ours(known).length).toBeGreaterThan(40);
    expect(byName(ours(documented))).toEqual(byName(ours(known)));
    expect(documented.map(({ name }) => name)).toEqual([...new Set(documented.map(({ name }) => name))]);
  });

  it("has the process's own, some of which are Linux's only", () => {
    expect(byName(documented)).toMatchObject(byName(known));
    const prefixes = documented.filter(({ name }) => !/^(earshot|process|nodejs)_/.test(name));
    expect(prefixes).toEqual([]);
  });

  it("has alerts on nothing else", () => {
    const rules = page.slice(page.indexOf("```yaml"));
    expect(rules.match(/- alert: /g)).toHaveLength(8);
    const names = [...rules.matchAll(/\bearshot_\w+/g)].map(([name]) =>
      name.replace(/_(bucket|count|sum)$/, ""),
    );
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !known.some((metric) => metric.name === name))).toEqual([]);
  });
});

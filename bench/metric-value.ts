/**
 * The value of one metric in Prometheus' text format; 0 when it has no such line yet.
 * @param labels that the line must have, each as `name="value"`.
 */
export function metricValue(exposition: string, name: string, ...labels: readonly string[]): number {
  for (const line of exposition.split("\n")) {
    const [, metric, found = "", value] = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)/.exec(line) ?? [];
    if (metric === name && labels.every((label) => found.includes(label))) return Number(value);
  }
  return 0;
}

import { expect, it } from "vitest";
import { auditVerdict } from "../../../scripts/audit-verdict.ts";

const report = (vulnerabilities: Record<string, object>) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities,
    metadata: { vulnerabilities: { total: Object.keys(vulnerabilities).length } },
  });

const advisory = (severity: string) => ({
  name: "ws",
  severity,
  range: "<8.20.0",
  via: [{ title: "ws affected by a DoS" }, "http-proxy"],
});

it("is clean without advisories, and with lesser ones, which it counts", () => {
  expect(auditVerdict(report({}))).toEqual({ outcome: "clean", minor: 0 });
  expect(auditVerdict(report({ ws: advisory("moderate") }))).toEqual({ outcome: "clean", minor: 1 });
});

it.each(["high", "critical"])("tells of one that is %s", (severity) => {
  expect(auditVerdict(report({ ws: advisory(severity), other: { severity: "low" } }))).toEqual({
    outcome: "vulnerable",
    advisories: [`ws <8.20.0: ${severity}: ws affected by a DoS; through http-proxy`],
  });
});

it.each([
  ["", "npm gave no report"],
  ["<html>", "npm gave no report"],
  ["null", "npm gave no report"],
  ["{}", "npm gave no report"],
  [JSON.stringify({ vulnerabilities: {} }), "npm gave no report"],
  [
    JSON.stringify({
      message: "405 Method Not Allowed - POST https://packages.example.com/-/x",
      statusCode: 405,
    }),
    "405 Method Not Allowed",
  ],
  [JSON.stringify({ error: { code: "ENOLOCK", summary: "" } }), "ENOLOCK"],
  [JSON.stringify({ message: "spawnSync npm ETIMEDOUT" }), "spawnSync npm ETIMEDOUT"],
])("knows nothing of %j, and says why", (output, reason) => {
  expect(auditVerdict(output)).toEqual({ outcome: "unknown", reason });
});

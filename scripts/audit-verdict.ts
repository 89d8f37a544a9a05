/** What npm's audit of the shipped packages has come to. */
export type AuditVerdict =
  | { readonly outcome: "clean"; readonly minor: number }
  /** One line for each advisory that is high or critical. */
  | { readonly outcome: "vulnerable"; readonly advisories: readonly string[] }
  /** Nobody could be asked: nothing is known. */
  | { readonly outcome: "unknown"; readonly reason: string };

interface Vulnerability {
  readonly name?: string;
  readonly severity?: string;
  readonly range?: string;
  readonly via?: readonly (string | { readonly title?: string })[];
}

/** Reads what `npm audit --json` has written. Anything but a whole report is `unknown`, never clean. */
export function auditVerdict(output: string): AuditVerdict {
  const report = parsed(output);
  if (report === undefined) return { outcome: "unknown", reason: "npm gave no report" };
  const { vulnerabilities, metadata } = report as {
    vulnerabilities?: Record<string, Vulnerability>;
    metadata?: { vulnerabilities?: { total?: number } };
  };
  const total = metadata?.vulnerabilities?.total;
  if (vulnerabilities === undefined || typeof total !== "number")
    return { outcome: "unknown", reason: reasonIn(report) };
  const grave = Object.values(vulnerabilities).filter(({ severity = "" }) => GRAVE.includes(severity));
  if (grave.length === 0) return { outcome: "clean", minor: total };
  return { outcome: "vulnerable", advisories: grave.map(line) };
}

const GRAVE: readonly string[] = ["high", "critical"];

function line({ name = "a package", severity, range = "any version", via = [] }: Vulnerability): string {
  const titles = via.map((one) => (typeof one === "string" ? `through ${one}` : (one.title ?? "no title")));
  return `${name} ${range}: ${severity}: ${titles.join("; ")}`;
}

function parsed(output: string): object | undefined {
  try {
    const report: unknown = JSON.parse(output);
    return typeof report === "object" && report !== null ? report : undefined;
  } catch {
    return undefined;
  }
}

/** Npm's own words, without the address of whoever was asked. */
function reasonIn(report: object): string {
  const { statusCode, message, error } = report as {
    statusCode?: unknown;
    message?: unknown;
    error?: { code?: unknown; summary?: unknown };
  };
  const words = [message, error?.summary, error?.code, statusCode].find(
    (one) => one !== undefined && one !== "",
  );
  return String(words ?? "npm gave no report")
    .replaceAll(/(?: - \w+)? ?https?:\/\/\S+/g, "")
    .slice(0, 200);
}

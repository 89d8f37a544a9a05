import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { auditVerdict } from "./audit-verdict.ts";
import { type Lock, lockProblems, type Manifest } from "./lock-problems.ts";

/**
 * Part of `npm run check`: what would be installed is pinned, whole, silent and shippable, and no shipped package has
 * an advisory that is high or critical. Where nobody can be asked for advisories, that is said, as nothing is known
 * then; with AUDIT=required it fails.
 */

/** Ms that the registry may take. */
const AUDIT_LIMIT = 20_000;

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;

const problems = lockProblems(manifest, lock);
for (const problem of problems) process.stdout.write(`${problem}\n`);
const count = Object.keys(lock.packages).length - 1;
if (problems.length > 0) process.exitCode = 1;
else
  process.stdout.write(
    `${count} locked packages: pinned, shippable, no install scripts, bound to their bytes but for tools of other platforms.\n`,
  );

const verdict = auditVerdict(audit());
switch (verdict.outcome) {
  case "clean":
    process.stdout.write(
      `No shipped package has an advisory that is high or critical (${verdict.minor} lesser).\n`,
    );
    break;
  case "vulnerable":
    for (const advisory of verdict.advisories) process.stdout.write(`${advisory}\n`);
    process.exitCode = 1;
    break;
  case "unknown":
    process.stdout.write(
      `NOT AUDITED: the registry could not be asked for advisories (${verdict.reason}). Nothing is known of them; ` +
        "run `npm run check:dependencies` where it can be.\n",
    );
    if (process.env.AUDIT === "required") process.exitCode = 1;
}

/** What npm has written, whether or not it has found anything. */
function audit(): string {
  const args = ["audit", "--json", "--omit=dev", "--audit-level=high", "--package-lock-only"];
  const npm = process.env.npm_execpath;
  const [command, ...before] = npm?.endsWith(".js") ? [process.execPath, npm] : ["npm"];
  const { stdout, error } = spawnSync(command, [...before, ...args], {
    encoding: "utf8",
    timeout: AUDIT_LIMIT,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return error === undefined ? stdout : JSON.stringify({ message: error.message });
}

import { readFileSync, writeFileSync } from "node:fs";

/**
 * `npm ci` refuses a lock file that leaves out optional packages of other platforms, and npm leaves them out
 * when the registry it asks has no copy of them. Run after every change of the dependencies: it adds what is
 * missing (version, platform; no integrity hash, as there is nothing to hash) and changes nothing else.
 */
interface Package {
  readonly version?: string;
  readonly license?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dev?: boolean;
  readonly optional?: boolean;
}

const file = "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, Package> };
let added = 0;
for (const [path, owner] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    if (isLocked(path, name)) continue;
    lock.packages[`node_modules/${name}`] = platformPackage(name, version, owner);
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${file}: ${added} optional packages of other platforms added\n`);

/** Whether npm would find the package from there: in the owner's own folder or in one above it. */
function isLocked(path: string, name: string): boolean {
  for (let base = path; ; base = base.slice(0, Math.max(0, base.lastIndexOf("node_modules/") - 1))) {
    if (`${base === "" ? "" : `${base}/`}node_modules/${name}` in lock.packages) return true;
    if (base === "") return false;
  }
}

/** Platform packages are named after what they are for: `…/cli-linux-x64-musl`. */
function platformPackage(name: string, version: string, owner: Package): Package {
  const [os = "", cpu = "", libc = ""] = (name.split("/").at(-1) ?? "")
    .replace(/^(cli|binding)-/, "")
    .split("-");
  return {
    version,
    cpu: [cpu],
    dev: true,
    ...(owner.license && { license: owner.license }),
    optional: true,
    os: [os],
    ...(os === "linux" && libc !== "" && { libc: [libc.startsWith("musl") ? "musl" : "glibc"] }),
    ...(owner.engines && { engines: owner.engines }),
  };
}

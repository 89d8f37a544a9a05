/** As much of `package.json` as says what may be installed. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  /** npm's list of the packages that may run a script when they are installed. */
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** As much of `package-lock.json`. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly hasInstallScript?: boolean;
}

/** Licences that a product may ship under without giving its own source away. BSD-4-Clause: Flite's, whose COPYING goes with it. */
const shippable = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSD-4-Clause",
  "ISC",
  "MIT",
];

const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/**
 * What is wrong with what would be installed, one sentence each: a range in place of a version, a package from
 * somewhere else than the configured registry, one that is not bound to its bytes, one that runs a script of its own
 * when it is installed, one that may not be shipped.
 */
export function lockProblems(manifest: Manifest, { packages }: Lock): readonly string[] {
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  return [
    ...wanted.flatMap(([name, version]) => pinProblems(name, version, packages[`node_modules/${name}`])),
    ...Object.entries(packages).flatMap(([path, locked]) =>
      path === "" ? [] : packageProblems(nameOf(path), locked, manifest),
    ),
  ];
}

function pinProblems(name: string, version: string, locked: LockedPackage | undefined): string[] {
  if (!EXACT.test(version)) return [`${name}: "${version}" is not one version: pin it.`];
  if (locked?.version === version) return [];
  return [`${name}: package.json wants ${version}, the lock file has ${locked?.version ?? "none"}.`];
}

function packageProblems(name: string, locked: LockedPackage, { allowScripts = {} }: Manifest): string[] {
  const problems: string[] = [];
  const { resolved, link, integrity, hasInstallScript, dev, license } = locked;
  if (resolved !== undefined || link === true)
    problems.push(`${name}: comes from ${resolved ?? "a link"}, not from the configured registry.`);
  if (integrity === undefined && !isOtherPlatform(locked)) problems.push(`${name}: has no integrity hash.`);
  if (hasInstallScript === true && allowScripts[name] !== true)
    problems.push(`${name}: runs a script when it is installed; allowScripts does not name it.`);
  if (dev !== true && !shippable.includes(license ?? ""))
    problems.push(`${name}: its licence (${license ?? "none"}) is not one that the product may ship.`);
  return problems;
}

/** Of a tool, for a platform of which the registry has no copy: see `complete-lock.ts`. */
function isOtherPlatform({ dev, optional, os }: LockedPackage): boolean {
  return dev === true && optional === true && os !== undefined;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

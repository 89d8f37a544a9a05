import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");
/** Some user without a right to anything: `nobody`. */
const NOBODY = 65_534;
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const WITHOUT_RIGHTS = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];

/**
 * The packages of the product and no others, every mount but the data folder read-only, then the program, without
 * capabilities and without a way to them.
 */
const CONTAIN = `
set -e
cd "$BASE"
mount --bind data data
mount --bind "$NODE" node
while read -r package; do mount --bind "$ROOT/$package" "app/$package"; done < packages
while read -r _ at _ options _; do
  case "$at" in /proc*|/sys*|/dev*|"$BASE/data") continue ;; esac
  kept=$(echo "$options" | tr , '\\n' | grep -xE 'nosuid|nodev|noexec|noatime|nodiratime|relatime' | paste -sd, -)
  mount -o "remount,bind,ro\${kept:+,$kept}" "$at"
done < /proc/self/mounts
cd app
exec setpriv $WHO ${WITHOUT_RIGHTS.join(" ")} -- "$BASE/node" "$@"
`;

/** How far a process can be locked up here: best first. */
const containments = [
  "another user, all else read-only",
  "the same user, all else read-only",
  "another user",
  "the same user",
] as const;

/** The program as the image has it and starts it, in a tree of its own. */
export class ImageRun {
  readonly base = mkdtempSync(join(tmpdir(), "earshot-image-"));
  readonly containment = containments.find(isPossible) ?? "the same user";
  said = "";
  #child: ChildProcess | undefined;

  /** Builds it, and lays out what the Dockerfile copies. */
  constructor(files: Readonly<Record<string, string>>) {
    const app = join(this.base, "app");
    mkdirSync(join(app, "node_modules"), { recursive: true });
    const built = spawnSync(
      join(root, "node_modules/.bin/tsc"),
      ["-p", "tsconfig.build.json", "--outDir", join(app, "dist")],
      { cwd: root, env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` }, encoding: "utf8" },
    );
    if (built.status !== 0) throw new Error(`The build failed:\n${built.stdout}${built.stderr}`);
    for (const name of ["package.json", "LICENSE"]) cpSync(join(root, name), join(app, name));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(app, name), text);
    this.#layPackages(app);
    writeFileSync(join(this.base, "node"), "");
    mkdirSync(this.data);
    chmodSync(this.base, 0o755);
    chmodSync(this.data, 0o755); // as the image makes it: the product's own files must not rely on it
    if (this.containment.startsWith("another user")) chownSync(this.data, NOBODY, NOBODY);
    else if (!this.containment.endsWith("read-only"))
      for (const path of [app, ...listed(app)]) chmodSync(path, statSync(path).mode & 0o555);
  }

  get data(): string {
    return join(this.base, "data");
  }

  /** Resolves when it is ready; rejects with what it said when it ends before. */
  async start(environment: Readonly<Record<string, string>>): Promise<void> {
    const child = this.#spawn(["dist/main.js"], {
      DATA_DIR: this.data,
      NODE_ENV: "production",
      ...environment,
    });
    this.#child = child;
    const ready = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (data) => {
        this.said += String(data);
        if (this.said.includes('"msg":"ready"')) ready.resolve();
      });
    }
    child.once("close", () => ready.reject(new Error(`The image did not become ready:\n${this.said}`)));
    await ready.promise;
  }

  /** Runs this program in its place; the exit code. */
  async runs(program: string): Promise<number | null> {
    const [code] = await once(this.#spawn(["-e", program], {}), "close");
    return code as number | null;
  }

  /** As a container is stopped; the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
    }
    return child.exitCode;
  }

  /** Paths, sizes and times of everything that it must not touch. */
  snapshot(): readonly string[] {
    return listed(join(this.base, "app")).map((path) => {
      const { size, mtimeMs, mode } = statSync(path);
      return `${path} ${size} ${mtimeMs} ${mode}`;
    });
  }

  /** What it has written, with the rights that others than its user have: 0 is none. */
  written(): readonly { readonly path: string; readonly others: number }[] {
    return listed(this.data).map((path) => ({
      path: path.slice(this.data.length + 1),
      others: statSync(path).mode & 0o077,
    }));
  }

  remove(): void {
    for (const path of [join(this.base, "app"), ...listed(join(this.base, "app"))])
      if (statSync(path).isDirectory()) chmodSync(path, 0o755);
    rmSync(this.base, { recursive: true });
  }

  #layPackages(app: string): void {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { dev?: boolean }>;
    };
    const shipped = Object.entries(lock.packages)
      .filter(([path, { dev }]) => dev !== true && path.split("node_modules/").length === 2)
      .map(([path]) => path);
    writeFileSync(join(this.base, "packages"), `${shipped.join("\n")}\n`);
    for (const path of shipped) {
      mkdirSync(dirname(join(app, path)), { recursive: true });
      if (this.containment.endsWith("read-only")) mkdirSync(join(app, path));
      else symlinkSync(join(root, path), join(app, path));
    }
  }

  #spawn(args: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
    const isOther = this.containment.startsWith("another user");
    const cwd = join(this.base, "app");
    if (!this.containment.endsWith("read-only")) {
      const [command, ...before] = isOther
        ? ["setpriv", ...AS_NOBODY, ...WITHOUT_RIGHTS, "--", process.execPath]
        : [process.execPath];
      return spawn(command as string, [...before, ...args], { cwd, env: environment });
    }
    const { PATH = "" } = process.env;
    const env = { PATH, BASE: this.base, NODE: process.execPath, ROOT: root, ...environment };
    const [namespace, who] = isOther ? ["-m", AS_NOBODY.join(" ")] : ["-Urm", ""];
    const command = [namespace, "--propagation", "private", "sh", "-c", CONTAIN, "sh", ...args] as string[];
    return spawn("unshare", command, { env: { ...env, WHO: who as string } });
  }
}

function isPossible(containment: (typeof containments)[number]): boolean {
  const isRoot = process.getuid?.() === 0;
  const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
  const mounts = ["--propagation", "private", "sh", "-c", "mount --bind /tmp /tmp && setpriv --nnp true"];
  switch (containment) {
    case "another user, all else read-only":
      return isRoot && runs("unshare", "-m", ...mounts);
    case "the same user, all else read-only":
      return runs("unshare", "-Urm", ...mounts);
    case "another user":
      return isRoot && runs("setpriv", ...AS_NOBODY, ...WITHOUT_RIGHTS, "--", process.execPath, "-e", "");
    case "the same user":
      return true;
  }
}

/** Everything in the folder; in packages nothing, as they are somebody else's. */
function listed(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() && entry.name !== "node_modules" ? [path, ...listed(path)] : [path];
  });
}

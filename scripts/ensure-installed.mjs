/**
 * Installs the packages of package-lock.json when they are not installed yet; otherwise does nothing, fast.
 * It runs before every npm script, on any Node from 20 and without any package, so that a fresh clone needs
 * no other command first. The pinned Node itself comes with the packages.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stamp = join(modules, ".earshot-installed");
/** Outside of node_modules, which an installation removes first. */
const lock = join(
  tmpdir(),
  `earshot-install-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`,
);

/** ms. An installation that takes longer than this is taken for dead. */
const INSTALL_LIMIT = 600_000;
/** ms between looks at an installation that another process runs. */
const POLL = 200;

const lockText = readFileSync(join(root, "package-lock.json"), "utf8");
const wanted = createHash("sha256")
  .update(lockText)
  .update(`${process.platform} ${process.arch}`)
  .digest("hex");

try {
  if (!isInstalled()) await installOnce();
} catch (error) {
  console.error(`The packages could not be installed: ${error.message}.`);
  process.exitCode = 1;
}

/** @returns {boolean} whether what the lock file names is there, the pinned Node included. */
function isInstalled() {
  if (!existsSync(join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node")))
    return false;
  if (read(stamp) === wanted) return true;
  if (!packagesMatch()) return false;
  writeFileSync(stamp, wanted); // somebody ran npm themselves
  return true;
}

/** npm's own record of what it installed, against the lock file. */
function packagesMatch() {
  const record = read(join(modules, ".package-lock.json"));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages ?? {};
  return Object.entries(JSON.parse(lockText).packages ?? {}).every(([path, entry]) => {
    if (path === "" || entry.link) return true;
    const own = installed[path];
    if (own === undefined) return entry.optional === true || entry.peer === true;
    return own.version === entry.version && own.integrity === entry.integrity;
  });
}

/** Several scripts may start at once: one installs, the others wait for it. */
async function installOnce() {
  const giveUp = Date.now() + INSTALL_LIMIT;
  while (!takeLock()) {
    if (Date.now() > giveUp) throw new Error(`another installation does not end (it holds ${lock})`);
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
  try {
    if (!isInstalled()) install();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** @returns {boolean} whether this process may install now. */
function takeLock() {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, "pid"), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (holderIsGone(lock)) removeStale();
    return false;
  }
}

/** Moves the lock aside before it looks again, so that of many waiting processes one removes it. */
function removeStale() {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // another process was faster
  }
  if (holderIsGone(aside)) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, lock);
}

/** @param {string} folder @returns {boolean} whether the process that made the lock has died. */
function holderIsGone(folder) {
  const pid = Number(read(join(folder, "pid")));
  try {
    if (!pid) return Date.now() - statSync(folder).mtimeMs > 5_000; // killed before it wrote its id
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function install() {
  console.error("Installing the packages of package-lock.json (once) ...");
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  // npm's own Node: the one that runs this script may lie in node_modules, which is about to be removed.
  const node = process.env.npm_node_execpath ?? process.execPath;
  const { status, error } = npm?.endsWith(".js")
    ? spawnSync(node, [npm, ...args], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
    : spawnSync("npm", args, {
        cwd: root,
        stdio: ["ignore", "ignore", "inherit"],
        shell: process.platform === "win32",
      });
  if (status !== 0) throw new Error(error?.message ?? `npm ci ended with ${status}`);
  writeFileSync(stamp, wanted);
  if (!isInstalled()) throw new Error("npm left out the pinned Node; allow its install script");
}

/** @param {string} path @returns {string | undefined} */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

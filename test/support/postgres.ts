import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { freePort } from "./free-port.ts";

/** How long the server may take to accept connections, and then to stop, in ms. */
const START_LIMIT = 30_000;
const STOP_LIMIT = 5_000;
/** Between two looks whether it is up, in ms. */
const STEP = 50;
/** Starts with another port when one was taken in between. */
const TRIES = 3;

const run = promisify(execFile);

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** A server that can be away for a while. */
export interface PostgresServer {
  readonly url: string;
  /** The URL of a new, empty database on it. */
  newDatabase(): Promise<string>;
  /** Ends the server in order, and every connection with it; its data stay. */
  halt(): Promise<void>;
  /** Starts it again at the same address. */
  resume(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/**
 * A PostgreSQL server of its own in a temporary directory, from this machine's binaries, with an empty
 * database. `missing` tells what this machine lacks; a server that does not start rejects with what it said.
 */
export async function startPostgres(): Promise<PostgresServer | { missing: string }> {
  const binaries = findBinaries();
  if (binaries === undefined) return lacking("PostgreSQL's programs initdb and postgres are not installed");
  const user = await unprivilegedUser();
  if (user === "none") return lacking("PostgreSQL does not run as root, and there is no other user");
  const directory = await mkdtemp(join(tmpdir(), "earshot-postgres-"));
  try {
    const password = "pass/word@1";
    await makeCluster(binaries, directory, password, user);
    for (let tries = 1; ; tries++) {
      const port = await freePort();
      let server = startServer(binaries, directory, port, user);
      const url = `postgresql://earshot:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
      const said = await untilReady(server, url);
      if (said === undefined) {
        let databases = 0;
        return {
          url,
          newDatabase: () => createDatabase(url, `earshot_${++databases}`),
          halt: () => kill(server, "SIGINT"),
          async resume() {
            server = startServer(binaries, directory, port, user);
            const problem = await untilReady(server, url);
            if (problem !== undefined) throw new Error(`PostgreSQL did not come back: ${problem}`);
          },
          stop: () => stop(server, directory),
        };
      }
      await kill(server, "SIGQUIT");
      if (tries === TRIES) throw new Error(`PostgreSQL did not start: ${said}`);
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Told where it is found out, so that nothing is left out in silence. */
function lacking(missing: string): { missing: string } {
  console.log(`What needs PostgreSQL is skipped: ${missing}`);
  return { missing };
}

/** The newest of the installed ones, or those of the `PATH`. */
function findBinaries(): string | undefined {
  const versions = globSync("/usr/lib/postgresql/*/bin").sort(
    (a, b) => Number.parseInt(b.split("/")[4] ?? "", 10) - Number.parseInt(a.split("/")[4] ?? "", 10),
  );
  const folders = [...versions, ...(process.env.PATH ?? "").split(delimiter)];
  return folders.find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));
}

/** Whom to run as; undefined: as we are. */
async function unprivilegedUser(): Promise<User | "none" | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, name])));
      return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
    } catch {
      // no such user: the next one
    }
  }
  return "none";
}

async function makeCluster(
  binaries: string,
  directory: string,
  password: string,
  user: User | undefined,
): Promise<void> {
  const passwordFile = join(directory, "password");
  await writeFile(passwordFile, password);
  if (user !== undefined) {
    await Promise.all([directory, passwordFile].map((path) => chown(path, user.uid, user.gid)));
  }
  await run(
    join(binaries, "initdb"),
    [
      ...["--pgdata", join(directory, "data")],
      ...["--username", "earshot", "--pwfile", passwordFile, "--auth", "scram-sha-256"],
      ...["--encoding", "UTF8", "--locale", "C", "--no-sync"],
    ],
    { cwd: directory, ...user },
  );
}

function startServer(
  binaries: string,
  directory: string,
  port: number,
  user: User | undefined,
): ChildProcess {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: directory,
    shared_buffers: "16MB",
    fsync: "off", // outlives its tests in no case
  };
  const server = spawn(
    join(binaries, "postgres"),
    [
      ...["-D", join(directory, "data"), "-p", String(port)],
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    { cwd: directory, stdio: ["ignore", "ignore", "pipe"], ...user },
  );
  process.once("exit", () => server.kill("SIGQUIT"));
  return server;
}

/** Undefined once it accepts connections; else what it said last. */
async function untilReady(server: ChildProcess, url: string): Promise<string | undefined> {
  let said = "";
  let failed = false;
  server.stderr?.on("data", (data: Buffer) => {
    said = (said + data.toString()).slice(-2_000);
  });
  server.on("error", (error) => {
    said += String(error);
    failed = true;
  });
  for (let waited = 0; waited < START_LIMIT; waited += STEP) {
    if (failed || server.exitCode !== null || server.signalCode !== null) break;
    if (await accepts(url)) return undefined;
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
  return said || "it said nothing";
}

async function createDatabase(server: string, name: string): Promise<string> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

async function accepts(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: START_LIMIT });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function stop(server: ChildProcess, directory: string): Promise<void> {
  await kill(server, "SIGQUIT");
  await rm(directory, { recursive: true, force: true });
}

/** SIGQUIT: it stops at once, without writing anything back. SIGINT: it ends its connections and writes back. */
async function kill(server: ChildProcess, signal: "SIGQUIT" | "SIGINT"): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
  const exited = once(server, "exit");
  server.kill(signal);
  const giveUp = setTimeout(() => server.kill("SIGKILL"), STOP_LIMIT);
  await exited;
  clearTimeout(giveUp);
}

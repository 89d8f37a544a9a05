import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/runtime/clock.ts";
import { pause } from "./pause.ts";
import { type ProcessUsage, usageOf } from "./process-usage.ts";

export interface ServerProcessOptions {
  /** The program, an absolute path. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Options of Node itself; `{directory}` in them is a directory of the process that is removed with it. */
  readonly nodeOptions?: readonly string[];
}

/** A machine with other work starts slowly. */
const READY_LIMIT = 60_000;
const STOP_LIMIT = 10_000;
/** A gateway that drains takes longer. */
const DRAIN_LIMIT = 60_000;
const LOOK_EVERY = 5;

const running = new Set<ChildProcess>();

/** Ends what is still running, without ceremony: for the exit of the benchmark itself. */
export function killServerProcesses(): void {
  for (const child of running) child.kill("SIGKILL");
}

/**
 * A server in a process of its own. It tells that it is ready by a JSON line with `msg: "ready"` and its `url`.
 * Its output goes to a file, so that reading it costs the load generator nothing, and its working directory is
 * empty, so that no `.env` of the repository is read.
 */
export class ServerProcess {
  readonly url: string;
  /** From the spawn to the line that it is ready, to 5 ms. */
  readonly readyAfter: number;
  readonly directory: string;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, directory: string, url: string, readyAfter: number) {
    this.#child = child;
    this.directory = directory;
    this.url = url;
    this.readyAfter = readyAfter;
  }

  usage(): ProcessUsage {
    return usageOf(this.#child.pid ?? 0);
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGKILL: as a power cut would. */
  async kill(): Promise<void> {
    await end(this.#child, "SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** SIGTERM: resolves when it has drained and ended; SIGKILL after a minute. */
  async drain(): Promise<void> {
    await end(this.#child, "SIGTERM", DRAIN_LIMIT);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** SIGINT, then SIGKILL after 10 s; `last` sees the directory before it is removed. */
  async stop(last: (directory: string) => void = () => undefined): Promise<void> {
    await end(this.#child, "SIGINT");
    try {
      last(this.directory);
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }
}

/** Rejects with the end of its output when it is not ready within a minute. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), "earshot-bench-"));
  const output = join(directory, "output.jsonl");
  const file = openSync(output, "w");
  const { PATH = "", HOME = "" } = process.env;
  const begun = systemClock.now();
  const nodeOptions = (options.nodeOptions ?? []).map((option) => option.replace("{directory}", directory));
  const child = spawn(process.execPath, [...nodeOptions, options.file], {
    cwd: directory,
    env: { PATH, HOME, PORT: "0", DATA_DIR: join(directory, "data"), ...options.environment },
    stdio: ["ignore", file, file],
  });
  closeSync(file);
  running.add(child);
  child.once("exit", () => running.delete(child));
  while (systemClock.now() - begun < READY_LIMIT && child.exitCode === null) {
    const url = readyUrl(readFileSync(output, "utf8"));
    if (url !== undefined) return new ServerProcess(child, directory, url, systemClock.now() - begun);
    await pause(LOOK_EVERY);
  }
  await end(child, "SIGINT");
  const said = readFileSync(output, "utf8").slice(-2_000);
  rmSync(directory, { recursive: true, force: true });
  throw new Error(`${options.file} did not become ready:\n${said}`);
}

function readyUrl(output: string): string | undefined {
  for (const line of output.split("\n")) {
    if (!line.includes('"msg":"ready"')) continue;
    const { url } = JSON.parse(line) as { url: string };
    return url;
  }
  return undefined;
}

async function end(child: ChildProcess, signal: NodeJS.Signals, limit = STOP_LIMIT): Promise<void> {
  if (!running.has(child)) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const cancel = systemClock.after(limit, () => child.kill("SIGKILL"));
  await exited;
  cancel();
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const main = join(import.meta.dirname, "../../src/main.ts");

/**
 * A slow machine refuses and sheds nothing, and tests may look as often as they like: only what is tested decides.
 * Limits have tests of their own.
 */
export const UNHURRIED = {
  LOG_LEVEL: "INFO",
  MAX_LATENESS: "0",
  RATE_LIMIT_PER_MINUTE: "0",
  RATE_LIMIT_OUTBOUND_PER_MINUTE: "0",
  RATE_LIMIT_BATCH_PER_MINUTE: "0",
};

/** The product in a process of its own, which can be killed. */
export class GatewayProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Resolves when it is ready; rejects with what it said when it ends before. */
  static async start(environment: Readonly<Record<string, string>>): Promise<GatewayProcess> {
    const { PATH = "", HOME = "" } = process.env;
    const child = spawn(process.execPath, [main], {
      cwd: environment.DATA_DIR, // no `.env` is there
      env: { PATH, HOME, ...UNHURRIED, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said: string[] = [];
    child.stderr.on("data", (data) => said.push(String(data)));
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      said.push(line);
      if (!line.includes('"msg":"ready"')) continue;
      child.stdout.resume();
      return new GatewayProcess(child, (JSON.parse(line) as { url: string }).url);
    }
    throw new Error(`The gateway did not become ready:\n${said.join("\n")}`);
  }

  /** Null while it runs, and when a signal has ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** As a deploy does: it leaves its calls, and stops. */
  async terminate(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async stop(): Promise<void> {
    await this.#end("SIGINT");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill(signal);
    await exited;
  }
}

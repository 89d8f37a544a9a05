import { Worker } from "node:worker_threads";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import type { SqliteOpening, SqliteOrder, SqliteReply, SqliteSettings } from "./sqlite-messages.ts";

/** How long the thread may take to open the database: the log that a crash has left is gone through, ms. */
const OPEN_LIMIT = 60_000;

/** How long the thread may take to end in order before it is stopped, ms. */
const END_LIMIT = 5_000;

interface Waiting {
  resolve(reply: SqliteReply): void;
  reject(error: GatewayError): void;
}

/** One open database in a thread of its own, so that no disk ever stalls audio. It ends once. */
export class SqliteThread {
  /** Resolves when the thread has ended, asked or not. */
  readonly ended: Promise<void>;
  readonly #clock: Clock;
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #death: GatewayError | undefined;

  private constructor(clock: Clock, worker: Worker) {
    this.#clock = clock;
    this.#worker = worker;
    worker.on("message", (reply: SqliteReply) => this.#waiting.shift()?.resolve(reply));
    worker.on("error", (error) => this.#die(error));
    this.ended = new Promise((resolve) => {
      worker.once("exit", () => {
        this.#die(undefined);
        resolve();
      });
    });
  }

  /** @throws GatewayError `CONFIG_INVALID` when the database cannot be opened, with one line for the operator. */
  static async open(clock: Clock, settings: SqliteSettings): Promise<SqliteThread> {
    const worker = new Worker(entry(), { workerData: settings, execArgv: [] });
    const opening = await firstMessage(clock, worker);
    if ("refused" in opening) {
      await worker.terminate();
      throw new GatewayError("CONFIG_INVALID", opening.refused);
    }
    return new SqliteThread(clock, worker);
  }

  /** Replies come in the order of the statements. Rejects with `STORE_UNAVAILABLE` once the thread has ended. */
  run(sql: string, parameters: readonly unknown[]): Promise<SqliteReply> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage({ sql, parameters } satisfies SqliteOrder);
    });
  }

  /** Closes the database after what has been asked for. */
  async end(): Promise<void> {
    if (this.#death !== undefined) return;
    this.#worker.postMessage({ end: true } satisfies SqliteOrder);
    const cancel = this.#clock.after(END_LIMIT, () => void this.#worker.terminate());
    await this.ended;
    cancel();
  }

  #die(cause: unknown): void {
    this.#death ??= new GatewayError("STORE_UNAVAILABLE", "The store's thread ended", { cause });
    for (const { reject } of this.#waiting.splice(0)) reject(this.#death);
  }
}

/** What the thread says first. One that says nothing is stopped. */
function firstMessage(clock: Clock, worker: Worker): Promise<SqliteOpening> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(OPEN_LIMIT, () => void worker.terminate());
    worker.once("message", (opening: SqliteOpening) => {
      cancel();
      resolve(opening);
    });
    // Later ones come too late to change how the promise was settled.
    const fail = (cause?: unknown): void => {
      cancel();
      reject(new GatewayError("STORE_UNAVAILABLE", "The store's thread did not start", { cause }));
    };
    worker.once("error", fail);
    worker.once("exit", () => fail());
  });
}

/** `.ts` from source, `.js` from a build: the compiler rewrites imports, not URLs. */
function entry(): URL {
  return new URL(`./sqlite-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
}

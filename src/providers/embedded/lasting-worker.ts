import { Worker } from "node:worker_threads";
import { backoffDelay } from "../../runtime/backoff.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";

export interface WorkerListener {
  /** A worker runs; what was posted to an earlier one is lost. */
  up(): void;
  message(message: unknown): void;
  /** It crashed, or was replaced; `up` follows after a pause that doubles from 100 ms to 5 s. */
  down(error: Error): void;
}

const RESTART = { first: 100, max: 5_000 };

/** A worker thread that is replaced when it ends unasked, until it is closed. */
export class LastingWorker {
  readonly #clock: Clock;
  readonly #entry: URL;
  readonly #listener: WorkerListener;
  #worker: Worker | undefined;
  #cancelRestart: Cancel | undefined;
  #failures = 0;
  #started = false;
  #closing: Promise<void> | undefined;

  constructor(clock: Clock, entry: URL, listener: WorkerListener) {
    this.#clock = clock;
    this.#entry = entry;
    this.#listener = listener;
  }

  /** Starts the thread; again, or after `close`: does nothing. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#spawn();
  }

  /** Whether it took the message; it does not while no thread runs. */
  post(message: unknown, transfer: ArrayBuffer[] = []): boolean {
    if (this.#worker === undefined) return false;
    this.#worker.postMessage(message, transfer);
    return true;
  }

  /** Ends a thread that no longer answers; a new one follows as after a crash. */
  replace(reason: string): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#fell(worker, new Error(reason));
    worker.terminate().catch(() => {});
  }

  /** Ends the thread at once; nothing is told any more. */
  close(): Promise<void> {
    this.#started = true;
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#cancelRestart?.();
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #spawn(): void {
    const worker = new Worker(this.#entry, { execArgv: [] });
    this.#worker = worker;
    worker.on("message", (message: unknown) => {
      if (this.#worker !== worker) return;
      this.#failures = 0;
      this.#listener.message(message);
    });
    worker.on("error", (error) => this.#fell(worker, error as Error));
    worker.on("exit", (code) => this.#fell(worker, new Error(`Worker ended with code ${code}`)));
    this.#listener.up();
  }

  #fell(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#cancelRestart = this.#clock.after(backoffDelay(RESTART, this.#failures++, 1), () => this.#spawn());
    this.#listener.down(error);
  }
}

/**
 * The entry file of a worker beside the module at `base`, in the form that runs here: `.ts` from source,
 * `.js` from a build (the compiler rewrites imports, not URLs).
 */
export function workerEntry(name: string, base: string): URL {
  return new URL(`./${name}.${base.endsWith(".ts") ? "ts" : "js"}`, base);
}

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { CarrierStatus } from "../../calls/carrier.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { AppendOnlyFile } from "./append-only-file.ts";
import { changed, isOver, type MemoryLine, type RememberedCall, readLine } from "./remembered-call.ts";

/** The newest calls are remembered; beyond so many the oldest that are over are forgotten. */
const MOST_CALLS = 10_000;
/** A call has up to six lines. When the file is so many lines longer than it need be, it is written anew. */
const MOST_LINES = 60_000;

/**
 * What a carrier knows of its calls, in a file that outlives a killed process: a line for each call, and one for
 * each change of its status.
 */
export class CallMemory {
  readonly #calls = new Map<string, RememberedCall>();
  #file: AppendOnlyFile | undefined;
  #lines = 0;

  private constructor() {}

  /**
   * Reads the file, if there is one; half a last line is passed over. A call that was under way when its
   * process died is `completed`, at the last moment that the file knows of.
   *
   * @param path unset: nothing is kept. @throws GatewayError `STORE_UNAVAILABLE` when it cannot be read or written.
   */
  static async open(path: string | undefined): Promise<CallMemory> {
    const memory = new CallMemory();
    if (path === undefined) return memory;
    await memory.#read(path);
    memory.#file = await AppendOnlyFile.create(path, memory.#snapshot());
    return memory;
  }

  get(sipCallId: string): RememberedCall | undefined {
    return this.#calls.get(sipCallId);
  }

  /** In the order in which they were added. */
  values(): Iterable<RememberedCall> {
    return this.#calls.values();
  }

  /** Resolves when the call will be remembered whatever becomes of the process; rejects with `STORE_UNAVAILABLE`. */
  async add(call: RememberedCall): Promise<void> {
    this.#calls.set(call.sipCallId, call);
    this.#forgetOldest();
    await this.#write({ call }).catch((error: unknown) => {
      this.#calls.delete(call.sipCallId);
      throw error;
    });
  }

  /** Nobody waits for it: when it cannot be written, the call is `completed` after a restart. */
  change(sipCallId: string, status: CarrierStatus, at: number): void {
    const call = this.#calls.get(sipCallId);
    if (call === undefined) return;
    this.#calls.set(sipCallId, changed(call, status, at));
    this.#write({ sipCallId, status, at }).catch(() => undefined);
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #read(path: string): Promise<void> {
    let latest = 0;
    try {
      const source = createReadStream(path, "utf8");
      for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
        const line = readLine(text);
        if (line !== undefined) latest = Math.max(latest, this.#take(line));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw unreadable(path, error);
    }
    for (const call of this.#calls.values()) {
      if (!isOver(call))
        this.#calls.set(call.sipCallId, changed(call, "completed", Math.max(latest, call.startedAt)));
    }
    this.#forgetOldest();
  }

  /** Answers the line's time. */
  #take(line: MemoryLine): number {
    if ("call" in line) {
      const { call } = line;
      if (!this.#calls.has(call.sipCallId)) this.#calls.set(call.sipCallId, call);
      return Math.max(call.startedAt, call.endedAt ?? 0);
    }
    const call = this.#calls.get(line.sipCallId);
    if (call !== undefined) this.#calls.set(line.sipCallId, changed(call, line.status, line.at));
    return line.at;
  }

  async #write(line: MemoryLine): Promise<void> {
    if (this.#file === undefined) return;
    if (++this.#lines > MOST_LINES) {
      this.#lines = 0;
      this.#file.replace(this.#snapshot()).catch(() => undefined);
    }
    await this.#file.append(JSON.stringify(line));
  }

  *#snapshot(): Generator<string> {
    for (const call of this.#calls.values()) yield JSON.stringify({ call });
  }

  #forgetOldest(): void {
    for (const call of this.#calls.values()) {
      if (this.#calls.size <= MOST_CALLS) return;
      if (isOver(call)) this.#calls.delete(call.sipCallId);
    }
  }
}

function unreadable(path: string, cause: unknown): GatewayError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GatewayError("STORE_UNAVAILABLE", `${path} cannot be read: ${reason}`, { cause });
}

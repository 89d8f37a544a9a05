import { type FileHandle, mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { GatewayError } from "../../runtime/errors.ts";

/** What may wait for the disk, in characters; further lines are refused. */
const MOST_WAITING = 4 * 1024 * 1024;
/** So many lines are written at a time when the file is replaced. */
const SLICE = 500;

/**
 * A file of lines that only grows, until it is replaced as a whole. A line whose promise has resolved is with
 * the operating system: it outlives the process, though not a loss of power. Lines that wait for one another
 * are written together.
 */
export class AppendOnlyFile {
  readonly #path: string;
  #handle: FileHandle;
  #waiting = "";
  #flush: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  /** The last write has failed, and may have left half a line. */
  #torn = false;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** Opens the file with these lines and nothing else in it. Throws `STORE_UNAVAILABLE`. */
  static async create(path: string, lines: Iterable<string>): Promise<AppendOnlyFile> {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return new AppendOnlyFile(path, await replacement(path, lines));
    } catch (error) {
      throw failed(path, error);
    }
  }

  /** Adds a line; rejects with `STORE_UNAVAILABLE` when it is not written, or may be in part. */
  append(line: string): Promise<void> {
    if (this.#waiting.length > MOST_WAITING) {
      return Promise.reject(failed(this.#path, new RangeError("too much waits to be written")));
    }
    this.#waiting += `${line}\n`;
    this.#flush ??= this.#queue(async () => {
      const text = this.#torn ? `\n${this.#waiting}` : this.#waiting;
      this.#waiting = "";
      this.#flush = undefined;
      this.#torn = true;
      await this.#handle.appendFile(text);
      this.#torn = false;
    });
    return this.#flush;
  }

  /** Puts these lines in the place of all that is there, at once; `lines` may change while it is at work. */
  replace(lines: Iterable<string>): Promise<void> {
    return this.#queue(async () => {
      const handle = await replacement(this.#path, lines);
      const old = this.#handle;
      this.#handle = handle;
      this.#torn = false;
      await old.close();
    });
  }

  /** Writes what waits, and closes. */
  close(): Promise<void> {
    return this.#queue(() => this.#handle.close());
  }

  #queue(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work).catch((error: unknown) => {
      throw failed(this.#path, error);
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** The file of that name appears with all of its lines, or not at all. */
async function replacement(path: string, lines: Iterable<string>): Promise<FileHandle> {
  const draft = `${path}.new`;
  // Numbers that were called are nobody else's business.
  const handle = await open(draft, "w", 0o600);
  try {
    let slice: string[] = [];
    for (const line of lines) {
      if (slice.push(`${line}\n`) < SLICE) continue;
      await handle.appendFile(slice.join(""));
      slice = [];
    }
    await handle.appendFile(slice.join(""));
    await handle.datasync();
    await rename(draft, path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function failed(path: string, cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GatewayError("STORE_UNAVAILABLE", `${path} cannot be written: ${reason}`, { cause });
}

/** Errors of WASI preview 1. */
const BADF = 8;
/** The one directory there is, and the one file opened in it. */
const DIRECTORY = 3;
const FILE = 4;
const FIRST_ROOM = 1 << 17;

/** Thrown out of the program when it exits; `code` 0 is success. */
class ProgramExit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

/**
 * The thirteen calls of WASI preview 1 that a command-line program needs which writes one file, kept in
 * memory. It reaches nothing of this machine: no files, no clock, no environment.
 * (`node:wasi` is experimental and would need a directory and a temporary file.)
 */
export class InMemoryWasi {
  readonly #argv: readonly Uint8Array[];
  readonly #maxBytes: number;
  #memory: WebAssembly.Memory | undefined;
  #file = new Uint8Array(FIRST_ROOM);
  #length = 0;
  #position = 0;
  #errors = "";

  /** `maxBytes`: the file may not grow beyond it; a write that would ends the program with code 1. */
  constructor(argv: readonly string[], maxBytes: number) {
    this.#argv = argv.map((argument) => new TextEncoder().encode(`${argument}\0`));
    this.#maxBytes = maxBytes;
  }

  /** Runs the program to its end and answers its exit code. */
  run(module: WebAssembly.Module): number {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: this.#calls() });
    this.#memory = instance.exports.memory as WebAssembly.Memory;
    try {
      (instance.exports._start as () => void)();
      return 0;
    } catch (error) {
      if (error instanceof ProgramExit) return error.code;
      throw error;
    } finally {
      this.#memory = undefined;
    }
  }

  /** What was written to the file. */
  get output(): Uint8Array {
    return this.#file.subarray(0, this.#length);
  }

  /** What was printed, to say why a run failed; the first 1000 characters. */
  get printed(): string {
    return this.#errors;
  }

  #calls(): WebAssembly.ModuleImports {
    return {
      args_sizes_get: (count: number, size: number) => {
        this.#put32(count, this.#argv.length);
        return this.#put32(
          size,
          this.#argv.reduce((sum, argument) => sum + argument.length, 0),
        );
      },
      args_get: (pointers: number, strings: number) => {
        let at = strings;
        for (const [index, argument] of this.#argv.entries()) {
          this.#put32(pointers + 4 * index, at);
          this.#bytes.set(argument, at);
          at += argument.length;
        }
        return 0;
      },
      clock_time_get: (_clock: number, _precision: bigint, out: number) => this.#put64(out, 0n),
      fd_close: () => 0,
      fd_fdstat_get: (fd: number, out: number) => {
        this.#bytes.fill(0, out, out + 24);
        this.#view.setUint8(out, fd === DIRECTORY ? 3 : 4);
        this.#put64(out + 8, 0xffff_ffffn);
        return this.#put64(out + 16, 0xffff_ffffn);
      },
      fd_fdstat_set_flags: () => 0,
      fd_prestat_get: (fd: number, out: number) => {
        if (fd !== DIRECTORY) return BADF;
        this.#put32(out, 0);
        return this.#put32(out + 4, 1);
      },
      fd_prestat_dir_name: (_fd: number, out: number) => {
        this.#bytes[out] = "/".charCodeAt(0);
        return 0;
      },
      fd_read: (_fd: number, _vectors: number, _count: number, out: number) => this.#put32(out, 0),
      fd_seek: (fd: number, offset: bigint, whence: number, out: number) =>
        this.#seek(fd, offset, whence, out),
      fd_write: (fd: number, vectors: number, count: number, out: number) =>
        this.#writeAll(fd, vectors, count, out),
      path_open: (...call: number[]) => this.#put32(call.at(-1) as number, FILE),
      proc_exit: (code: number) => {
        throw new ProgramExit(code);
      },
    };
  }

  #seek(fd: number, offset: bigint, whence: number, out: number): number {
    if (fd !== FILE) return BADF;
    const origin = [0, this.#position, this.#length][whence] ?? 0;
    this.#position = Math.max(0, origin + Number(offset));
    return this.#put64(out, BigInt(this.#position));
  }

  #writeAll(fd: number, vectors: number, count: number, out: number): number {
    let written = 0;
    for (let i = 0; i < count; i++) {
      const at = this.#view.getUint32(vectors + 8 * i, true);
      const part = this.#bytes.subarray(at, at + this.#view.getUint32(vectors + 8 * i + 4, true));
      written += part.length;
      if (fd === FILE) this.#append(part);
      else if (this.#errors.length < 1000) this.#errors += new TextDecoder().decode(part);
    }
    return this.#put32(out, written);
  }

  #append(part: Uint8Array): void {
    const end = this.#position + part.length;
    if (end > this.#maxBytes) throw new ProgramExit(1);
    if (end > this.#file.length) {
      const larger = new Uint8Array(Math.min(this.#maxBytes, 2 * end));
      larger.set(this.output);
      this.#file = larger;
    }
    this.#file.set(part, this.#position);
    this.#position = end;
    this.#length = Math.max(this.#length, end);
  }

  get #bytes(): Uint8Array {
    return new Uint8Array((this.#memory as WebAssembly.Memory).buffer);
  }

  get #view(): DataView {
    return new DataView((this.#memory as WebAssembly.Memory).buffer);
  }

  #put32(at: number, value: number): number {
    this.#view.setUint32(at, value, true);
    return 0;
  }

  #put64(at: number, value: bigint): number {
    this.#view.setBigUint64(at, value, true);
    return 0;
  }
}

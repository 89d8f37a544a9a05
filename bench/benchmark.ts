/** A value in a table: times are ms unless the column says otherwise; undefined when there is none. */
export type Cell = string | number | undefined;

export interface Table {
  readonly title: string;
  /** Each row has the same keys in the same order: they are the columns. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** What a reader must know to read it right. */
  readonly notes?: readonly string[];
}

export interface BenchmarkOptions {
  /** A smoke run of seconds: shows that the benchmark works, its figures mean little. */
  readonly quick: boolean;
  /** Numbers of simultaneous calls, rising; each benchmark has a default. */
  readonly calls?: readonly number[];
  /** Where a benchmark draws at random: another run than its usual one. */
  readonly seed?: number;
  /** How long the soak lasts. */
  readonly minutes?: number;
  /** Adds a table of the gateway's busiest functions where the benchmark starts a gateway under load. */
  readonly profile: boolean;
  /** Tells a person what goes on. */
  readonly progress: (line: string) => void;
}

/** Runs within a bound, leaves nothing running, and rejects when it could not measure. */
export type Benchmark = (options: BenchmarkOptions) => Promise<readonly Table[]>;

/** What the database's thread is started with. */
export interface SqliteSettings {
  /** Where the database is kept; unset: in memory. */
  readonly directory?: string;
  /** The database must be there already: an empty one in the place of one that is lost would take what nobody can read. */
  readonly existing?: true;
}

export type SqliteValue = string | number | null;

/** To the thread: a statement, answered in order; or that it is to end. */
export type SqliteOrder =
  | { readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly end: true };

/** What the thread says first, once: that the database is open, or why it cannot be, for the operator. */
export type SqliteOpening = { readonly open: true } | { readonly refused: string };

export type SqliteReply =
  /** Rows as arrays: they cross threads at half the cost of objects. */
  | { readonly columns: readonly string[]; readonly rows: readonly (readonly SqliteValue[])[] }
  | { readonly changes: number }
  | SqliteFailure;

export interface SqliteFailure {
  readonly error: string;
  /** SQLite's extended result code; unset when the error is not SQLite's. */
  readonly resultCode?: number;
}

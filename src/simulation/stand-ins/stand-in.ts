/**
 * A local server that speaks a vendor's wire protocol, with adjustable delays and faults. Point the
 * vendor's `*_BASE_URL` at `origin` and the gateway cannot tell the difference.
 */
export interface StandIn {
  /** `http://127.0.0.1:PORT`; sockets use the matching `ws:`. */
  readonly origin: string;
  /** What happened on the wire, oldest first; bounded, the oldest are dropped. */
  readonly log: readonly StandInEntry[];
  /** The next request or connection (or the one under way, as documented for the fault) meets these, in order. */
  inject(...faults: Fault[]): void;
  close(): Promise<void>;
}

/** A stand-in with sockets that last, of which a fault can choose one. */
export interface SocketStandIn extends StandIn {
  /**
   * The connection with this number meets the fault, counting messages from this moment. Answers whether it is still
   * open and has no other fault.
   */
  strike(connection: number, fault: Fault): boolean;
}

/** One thing that happened on the wire; `at` is the clock that the stand-in was given, in ms. */
export interface StandInEntry {
  readonly at: number;
  /** Counts connections or requests from 1. */
  readonly connection: number;
  readonly direction: "in" | "out";
  /** What it was, in the vendor's words: `audio`, `Finalize`, `Results`, `token`, `flush`, … */
  readonly what: string;
  readonly detail?: string;
}

export type Fault =
  /** The request or the upgrade is refused with this status (401, 404, 429, 500, 503 …), once. */
  | { readonly type: "status"; readonly status: number }
  /** The connection is cut without ceremony after so many messages were sent (0: as soon as it is open). */
  | { readonly type: "drop"; readonly afterMessages: number }
  /** After so many messages the connection ends in order, as if that were all: an answer without its last pieces. */
  | { readonly type: "truncate"; readonly afterMessages: number }
  /** After so many messages nothing more is sent, and the connection stays open. */
  | { readonly type: "stall"; readonly afterMessages: number }
  /** The message at this position (from 0) is not what the protocol says. */
  | { readonly type: "malformed"; readonly atMessage: number };

import type { JsonObject } from "../runtime/json.ts";

/** An answer that was given to a request with a key. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

export type KeyClaim =
  /** Nobody has used the key (or it has expired): do the work, then settle or release it. */
  | { readonly state: "new" }
  /** The same request was answered before: answer the same. */
  | { readonly state: "answered"; readonly answer: KeptAnswer }
  /** The same request is being worked on. */
  | { readonly state: "busy" }
  /** The key was used for another request. */
  | { readonly state: "mismatch" }
  /** The process that worked on it died: what came of it is not known, beyond what the calls tell. */
  | { readonly state: "lost" };

/** Port: remembers the answers to requests with an `Idempotency-Key`. */
export interface IdempotencyKeys {
  /**
   * @param key includes the route.
   * @param fingerprint a digest of the request.
   * @param owner the process that asks.
   * @param wall now; @param expired keys made before then are forgotten (Unix ms).
   */
  claim(request: {
    readonly key: string;
    readonly fingerprint: string;
    readonly owner: string;
    readonly wall: number;
    readonly expired: number;
  }): Promise<KeyClaim>;
  settle(key: string, answer: KeptAnswer): Promise<void>;
  /** Nothing came of it: the key may be used again. */
  release(key: string): Promise<void>;
}

import type { TakenDelivery } from "../calls/deliveries.ts";
import type { Clock } from "../runtime/clock.ts";
import { deliveryToken } from "./delivery-token.ts";
import { type PostAnswer, postJson } from "./post-json.ts";

export interface HistoryReceiverOptions {
  readonly endpoint: string;
  /** Unset: deliveries are not signed. */
  readonly jwtSecret?: string;
  /** Whether the endpoint may be an address that is not public. */
  readonly allowPrivate: boolean;
  readonly clock: Clock;
}

/** Makes one try of a delivery; rejects when no answer comes. */
export type Attempt = (delivery: TakenDelivery, signal: AbortSignal) => Promise<PostAnswer>;

/** Tries against the configured endpoint: the same key and the same body each time, signed anew. */
export function historyReceiver({
  endpoint,
  jwtSecret,
  allowPrivate,
  clock,
}: HistoryReceiverOptions): Attempt {
  return async ({ id, body }, signal) => {
    const token = jwtSecret && (await deliveryToken(jwtSecret, body, clock.wall()));
    return postJson({
      url: endpoint,
      body,
      headers: { "idempotency-key": id, ...(token && { authorization: `Bearer ${token}` }) },
      allowPrivate,
      clock,
      signal,
    });
  };
}

/** A message that is owed to somebody outside, as it will be sent; every try sends the same. */
export interface NewDelivery {
  /** Also its idempotency key towards the receiver: a UUID. */
  readonly id: string;
  readonly kind: "call-history";
  readonly sessionId: number;
  /** The exact body, JSON. */
  readonly body: string;
  /** Unix ms. */
  readonly createdAt: number;
}

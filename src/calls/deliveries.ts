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

/** `parked`: given up, until somebody asks for it to be sent again. */
export const deliveryStates = ["owed", "delivered", "parked"] as const;

export type DeliveryState = (typeof deliveryStates)[number];

/** Where a delivery stands. Times in Unix ms. */
export interface Delivery extends Omit<NewDelivery, "body"> {
  readonly state: DeliveryState;
  /** Tries begun since it was owed, or sent again. A count. */
  readonly attempts: number;
  /** No try before then. */
  readonly dueAt: number;
  /** What went wrong at the last try, for people. */
  readonly lastProblem: string | null;
  readonly deliveredAt: number | null;
}

/** A delivery of which a try is to be made now. */
export interface TakenDelivery extends NewDelivery {
  /** This try included; at least 1. */
  readonly attempts: number;
  /** Since when it is owed without a break, Unix ms: its making, or the last time it was asked for again. */
  readonly owedSince: number;
}

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** Of all pages. */
  readonly total: number;
}

/** Port: what is owed to others. It gets there with the end of its call, see `CallChanges`. */
export interface Deliveries {
  /**
   * Takes up to `most` that are due at `wall` (Unix ms), oldest first; nobody else gets them before `leaseUntil`
   * unless `owner` is dead by then.
   */
  take(request: {
    readonly owner: string;
    readonly wall: number;
    readonly leaseUntil: number;
    readonly most: number;
  }): Promise<readonly TakenDelivery[]>;
  /** It has arrived. The truth whoever has taken it since. @param wall Unix ms. */
  delivered(id: string, wall: number): Promise<void>;
  /**
   * It did not arrive, and is due again at `dueAt`, but not before `notBefore` (both Unix ms). Changes nothing
   * when somebody else has taken it since.
   */
  retry(
    id: string,
    owner: string,
    again: { readonly dueAt: number; readonly notBefore?: number; readonly problem: string },
  ): Promise<void>;
  /** Makes everything that is owed due at `wall` (Unix ms), or when its receiver wants it, if that is later. */
  hasten(wall: number): Promise<void>;
  /** It will not arrive; changes nothing when somebody else has taken it since. */
  park(id: string, owner: string, problem: string): Promise<void>;
  /** In the order of their making, newest first. */
  page(query: {
    readonly state?: DeliveryState;
    readonly offset: number;
    readonly limit: number;
  }): Promise<DeliveryPage>;
  find(id: string): Promise<Delivery | undefined>;
  /** Owes it again from `wall` (Unix ms), whatever became of it; undefined when there is none. */
  resend(id: string, wall: number): Promise<Delivery | undefined>;
  /** How many are owed, and how many are parked. */
  counts(): Promise<Readonly<Record<"owed" | "parked", number>>>;
  /** Forgets those that arrived before (Unix ms); how many. */
  purge(deliveredBefore: number): Promise<number>;
}

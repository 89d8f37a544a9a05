import type { CircuitBreakers } from "../../runtime/circuit-breakers.ts";
import type { GatewayError } from "../../runtime/errors.ts";

export interface FailoverOptions {
  /**
   * A provider of the list failed and the next one takes over, or stands ready to, or it is tried again: nobody else
   * is told, so count and log it here. A failure that goes through to the list's user, as its last provider's do, is not told here.
   * `provider` is the failed one's name. Must not throw.
   */
  readonly onFailure: (provider: string, error: GatewayError) => void;
  /** Which providers are worth asking, by name, shared by all calls; every outcome is told to them. */
  readonly breakers: Pick<CircuitBreakers, "admits" | "tell">;
}

/** The first of a list; throws a RangeError when there is none. */
export function firstOf<Provider>(providers: readonly Provider[]): Provider {
  const [first] = providers;
  if (first === undefined) throw new RangeError("A failover list without providers: name at least one");
  return first;
}

import { GatewayError } from "../runtime/errors.ts";
import type { CallRefusal } from "./admission.ts";

/** What whoever wanted the call is told. */
export function refusedCall(reason: CallRefusal | "draining", maxCalls: number): GatewayError {
  switch (reason) {
    case "draining":
      return new GatewayError("DRAINING", "The gateway is shutting down; call again later.");
    case "store":
      return new GatewayError(
        "STORE_UNAVAILABLE",
        "The store has been away for so long that no further call can be kept; call again later.",
      );
    case "lateness":
      return new GatewayError("AT_CAPACITY", "The gateway is too busy for a further call; call again later.");
    case "gathers":
    case "lines":
      return new GatewayError("AT_CAPACITY", `All ${maxCalls} lines are in use; call again later.`);
  }
}

import type { ServerResponse } from "node:http";
import type { FaultedConnection, FaultPlan } from "./fault-plan.ts";

/** One request with its answer and the fault that it meets. */
export class Exchange {
  readonly number: number;
  readonly response: ServerResponse;
  readonly fault: FaultedConnection;
  dropped = false;

  constructor(number: number, response: ServerResponse, faults: FaultPlan) {
    this.number = number;
    this.response = response;
    this.fault = faults.begin({ cut: () => this.#cut(), finish: () => this.#finish(), lasting: false });
    response.on("close", () => this.fault.end());
  }

  /** Whether nothing more is to be sent. */
  get over(): boolean {
    return this.dropped || this.response.destroyed || this.fault.stalled;
  }

  #finish(): void {
    this.dropped = true;
    setImmediate(() => this.response.end());
  }

  /** Deferred, so that what was written before the cut still reaches the client. */
  #cut(): void {
    this.dropped = true;
    setImmediate(() => this.response.destroy());
  }
}

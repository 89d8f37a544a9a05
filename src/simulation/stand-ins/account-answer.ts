import type { ServerResponse } from "node:http";
import type { FaultPlan } from "./fault-plan.ts";

/** An answer of a vendor's account API: status and JSON. */
export interface AccountAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Gives the answer, unless the next fault takes its place: a `status` is answered with `refusal(status)`; a `stall`
 * and a `drop` of 0 messages keep the whole answer back, of 1 the end of it.
 */
export function answerAccount(
  response: ServerResponse,
  faults: FaultPlan,
  answer: AccountAnswer,
  refusal: (status: number) => unknown,
): void {
  // Deferred, so that what was written before the cut still reaches the client.
  const cut = () => setImmediate(() => response.destroy());
  const fault = faults.begin({ cut, lasting: false });
  response.on("close", () => fault.end());
  const { status, body } =
    fault.status === undefined ? answer : { status: fault.status, body: refusal(fault.status) };
  fault.opened();
  if (fault.stalled) return;
  response.writeHead(status, { "content-type": "application/json" });
  fault.pass(JSON.stringify(body), (data) => response.write(data));
  if (!fault.stalled && !fault.faulty) response.end();
  else if (fault.status !== undefined) response.end();
}

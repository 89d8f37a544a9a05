import type { Exchange } from "./openai-exchange.ts";

/** An answer of a vendor's account API: a status, and a body to be sent as JSON. */
export interface AccountAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Sends the answer, or what the exchange's fault makes of it: for a `status`, `refusal(status)` in the vendor's shape.
 * The answer is one message: a `stall` or `drop` after 0 messages keeps it back, after 1 only its end.
 */
export function answerAccount(
  exchange: Exchange,
  answer: AccountAnswer,
  refusal: (status: number) => unknown,
): void {
  const { response, fault } = exchange;
  fault.opened();
  if (exchange.over) return;
  const status = fault.status ?? answer.status;
  const body = fault.status === undefined ? answer.body : refusal(fault.status);
  response.writeHead(status, { "content-type": "application/json" });
  fault.pass(JSON.stringify(body), (data) => response.write(data));
  if (!exchange.over) response.end();
}

import { randomBytes } from "node:crypto";
import type { Carrier, CarrierCall, CarrierStatus, PlaceCall } from "../../src/calls/carrier.ts";
import { GatewayError } from "../../src/runtime/errors.ts";

/** What the carrier makes of an order: it takes it, refuses it with this error, or never answers. */
export type Reaction = "takes" | GatewayError | "hangs";

/** A carrier whose every reaction is told to it; it remembers what it was asked. */
export class ScriptedCarrier implements Carrier {
  readonly name = "scripted";
  readonly listingDelay = 0;
  readonly orders: PlaceCall[] = [];
  readonly hungUp: string[] = [];
  readonly calls = new Map<string, CarrierCall>();
  /** Asked for each order; by default every order is taken. */
  react: (order: PlaceCall) => Reaction = () => "takes";

  async place(order: PlaceCall, signal: AbortSignal): Promise<{ readonly sipCallId: string }> {
    this.orders.push(order);
    const reaction = this.react(order);
    if (reaction instanceof GatewayError) throw reaction;
    if (reaction === "hangs") {
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    }
    return { sipCallId: this.knows(order, "queued") };
  }

  /** A call that the carrier has, whether or not its answer came through. */
  knows({ to, from }: Pick<PlaceCall, "to" | "from">, status: CarrierStatus): string {
    const sipCallId = `SX_${randomBytes(6).toString("hex")}`;
    this.calls.set(sipCallId, { sipCallId, to, from, status, startedAt: Date.now(), endedAt: null });
    return sipCallId;
  }

  async hangUp(sipCallId: string): Promise<void> {
    this.hungUp.push(sipCallId);
  }

  async status(sipCallId: string): Promise<CarrierCall | undefined> {
    return this.calls.get(sipCallId);
  }

  async find({
    to,
    from,
    since,
  }: {
    to: string;
    from: string;
    since: number;
  }): Promise<readonly CarrierCall[]> {
    return [...this.calls.values()].filter(
      (call) => call.to === to && call.from === from && (call.startedAt ?? 0) >= since,
    );
  }

  async close(): Promise<void> {}
}

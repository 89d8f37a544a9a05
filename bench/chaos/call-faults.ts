import { type Cancel, systemClock } from "../../src/runtime/clock.ts";
import type { Fault } from "../../src/simulation/stand-ins/stand-in.ts";
import { DELAYS } from "../stand-in-delays.ts";
import type { ChaosCall } from "./chaos-call.ts";
import type { AskedQuestion } from "./chaos-script.ts";
import type { CallFault } from "./faults.ts";
import type { VendorSet } from "./vendor-set.ts";

/** Where a fault has met its call; on the clock of the process. */
export interface Met {
  readonly turn: number;
  /** Of the fault, or the deadline that follows from it. */
  readonly at: number;
}

interface Plan {
  readonly call: ChaosCall;
  /** The question that goes wrong, from 0. */
  readonly turn: number;
  requests: number;
}

/** Lets each call meet one fault, in a question chosen at random; tells when it did. */
export class CallFaults {
  readonly #fault: CallFault;
  readonly #vendors: () => VendorSet;
  readonly #random: () => number;
  readonly #plans = new Map<string, Plan>();
  readonly #met = new Map<string, Met>();
  readonly #timers = new Set<Cancel>();

  /** @param vendors those that are first in their lists. */
  constructor(fault: CallFault, vendors: () => VendorSet, random: () => number) {
    this.#fault = fault;
    this.#vendors = vendors;
    this.#random = random;
  }

  /** @param turns questions of the call; the first is spared, because by it the vendors learn whose call they serve. */
  plan(call: ChaosCall, turns: number): void {
    const turn = 1 + Math.floor(this.#random() * (turns - 1));
    this.#plans.set(call.name, { call, turn, requests: 0 });
  }

  metBy(name: string): Met | undefined {
    return this.#met.get(name);
  }

  /** The first model is asked; answers the fault of this request. */
  asked({ name, turn }: AskedQuestion): Fault | undefined {
    const plan = this.#plans.get(name);
    if (plan?.turn !== turn) return undefined;
    plan.requests++;
    if (this.#fault.at === "voice" && plan.requests === 1) {
      this.#strikeVoice(name, turn, this.#fault.fault(this.#random));
    }
    if (this.#fault.at !== "model" || (plan.requests > 1 && !this.#fault.every)) return undefined;
    this.#meet(name, turn, systemClock.now());
    return this.#fault.fault(this.#random);
  }

  /** A caller begins to ask. */
  spoke(name: string, turn: number): void {
    const plan = this.#plans.get(name);
    const fault = this.#fault;
    if (plan?.turn !== turn || fault.at === "model" || fault.at === "voice") return;
    const cancel = systemClock.after(this.#random() * fault.spread, () => {
      this.#timers.delete(cancel);
      if (fault.at === "question" ? this.#break(name, fault) : this.#cut(plan.call))
        this.#meet(name, turn, systemClock.now());
    });
    this.#timers.add(cancel);
  }

  stop(): void {
    for (const cancel of this.#timers) cancel();
  }

  #strikeVoice(name: string, turn: number, fault: Fault): void {
    const { voice } = this.#vendors();
    const connection = this.#vendors().speakerOf(name);
    if (connection === undefined || !voice.strike(connection, fault)) return;
    // The voice gets its text with the first tokens.
    this.#meet(name, turn, systemClock.now() + DELAYS.firstToken);
  }

  #break(name: string, { port, fault, refusal }: CallFault & { readonly at: "question" }): boolean {
    const vendors = this.#vendors();
    const connection = port === "voice" ? vendors.speakerOf(name) : vendors.listenerOf(name);
    // Before the connection breaks, because the product may be back at once.
    if (refusal !== undefined) vendors[port].inject({ type: "status", status: refusal });
    return connection !== undefined && vendors[port].strike(connection, fault);
  }

  #cut(call: ChaosCall): boolean {
    call.dropStream();
    return true;
  }

  #meet(name: string, turn: number, at: number): void {
    if (!this.#met.has(name)) this.#met.set(name, { turn, at: at + this.#fault.deadline });
  }
}

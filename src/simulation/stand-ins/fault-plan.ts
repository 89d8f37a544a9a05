import type { Fault } from "./stand-in.ts";

/** How a stand-in's connection lets itself be broken. */
export interface Breakable {
  /** Cuts the connection without ceremony. */
  cut(): void;
  /** Ends it in order; as {@link cut} where there is no other end. */
  finish?(): void;
  /** By which {@link FaultPlan.strike} finds it. */
  readonly number?: number;
  /**
   * Whether a fault injected while the connection lives may meet it (sockets that last a whole call: yes;
   * a request with one answer: no, it is for the next request). `status` always waits for the next one.
   */
  readonly lasting: boolean;
}

/**
 * The faults still to come. Each connection or request takes the oldest one, or none. The first fault of an
 * `inject` meets the newest lasting connection that has none yet, counting messages from that moment.
 */
export class FaultPlan {
  readonly #waiting: Fault[] = [];
  readonly #live = new Set<FaultedConnection>();

  inject(...faults: Fault[]): void {
    const [first] = faults;
    const current = [...this.#live].findLast((connection) => connection.lasting && !connection.faulty);
    if (
      first !== undefined &&
      first.type !== "status" &&
      this.#waiting.length === 0 &&
      current !== undefined
    ) {
      faults.shift();
      current.meet(first);
    }
    this.#waiting.push(...faults);
  }

  /** The live connection with this number meets the fault; answers whether there is one that has none yet. */
  strike(number: number, fault: Fault): boolean {
    const found = [...this.#live].find((connection) => connection.number === number && !connection.faulty);
    found?.meet(fault);
    return found !== undefined;
  }

  /** For each new request or connection, before it is answered. `end()` must follow. */
  begin(breakable: Breakable): FaultedConnection {
    const connection = new FaultedConnection(breakable, this.#waiting.shift(), (ended) =>
      this.#live.delete(ended),
    );
    this.#live.add(connection);
    return connection;
  }
}

/** One connection or request with the fault that it meets. */
export class FaultedConnection {
  readonly lasting: boolean;
  readonly number: number | undefined;
  readonly #cut: () => void;
  readonly #finish: () => void;
  readonly #forget: (connection: FaultedConnection) => void;
  #fault: Fault | undefined;
  #sent = 0;

  constructor(
    breakable: Breakable,
    fault: Fault | undefined,
    forget: (connection: FaultedConnection) => void,
  ) {
    this.lasting = breakable.lasting;
    this.number = breakable.number;
    this.#cut = () => breakable.cut();
    this.#finish = () => (breakable.finish === undefined ? breakable.cut() : breakable.finish());
    this.#fault = fault;
    this.#forget = forget;
  }

  /** Whether a fault is still to come or has ended the connection. */
  get faulty(): boolean {
    return this.#fault !== undefined;
  }

  /** The status to refuse with, if that is the fault. */
  get status(): number | undefined {
    return this.#fault?.type === "status" ? this.#fault.status : undefined;
  }

  /** Must be called when the connection stands (the response's head is out, the upgrade is done). */
  opened(): void {
    this.#dropIfDue();
  }

  /** Sends `message` with `write`, or `malformed` (by default its first half) in its place, or nothing. */
  pass(
    message: string,
    write: (data: string) => void,
    malformed = message.slice(0, message.length >> 1),
  ): void {
    if (this.stalled || this.#endDue) return;
    const spoilt = this.#fault?.type === "malformed" && this.#sent === this.#fault.atMessage;
    if (spoilt) this.#fault = undefined;
    write(spoilt ? malformed : message);
    this.#sent++;
    this.#dropIfDue();
  }

  /** A fault for the connection under way; messages count from now. */
  meet(fault: Fault): void {
    this.#fault = fault;
    this.#sent = 0;
    this.#dropIfDue();
  }

  /** Whether nothing may be sent any more; a stand-in should hold back its pongs as well. */
  get stalled(): boolean {
    return this.#fault?.type === "stall" && this.#sent >= this.#fault.afterMessages;
  }

  end(): void {
    this.#forget(this);
  }

  get #endDue(): boolean {
    const fault = this.#fault;
    if (fault?.type !== "drop" && fault?.type !== "truncate") return false;
    return this.#sent >= fault.afterMessages;
  }

  #dropIfDue(): void {
    if (!this.#endDue) return;
    if (this.#fault?.type === "truncate") this.#finish();
    else this.#cut();
  }
}

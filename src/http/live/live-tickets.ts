import { InProcessSpentTokens } from "../../calls/spent-tokens.ts";
import type { Clock } from "../../runtime/clock.ts";
import { checkLiveTicket, liveTicketKey, mintLiveTicket } from "./live-ticket.ts";

/** Gives tickets out, and takes each back once within this process. */
export class LiveTickets {
  readonly #key: Buffer;
  readonly #clock: Clock;
  readonly #spent = new InProcessSpentTokens();

  constructor(apiSecretKey: string | undefined, clock: Clock) {
    this.#key = liveTicketKey(apiSecretKey);
    this.#clock = clock;
  }

  mint(): string {
    return mintLiveTicket(this.#key, this.#clock.wall());
  }

  /** True once for a ticket that is ours and not too old. */
  async spend(ticket: string): Promise<boolean> {
    const wall = this.#clock.wall();
    const claims = checkLiveTicket(this.#key, ticket, wall);
    return claims !== undefined && (await this.#spent.spend(claims.nonce, claims.expiresAt, wall));
  }
}

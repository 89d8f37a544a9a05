import { systemClock } from "../../src/runtime/clock.ts";
import type { CallerScript, CallerStep } from "../../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { pause } from "../pause.ts";
import { readQuestion } from "../question.ts";
import { seededRandom } from "../seeded-random.ts";
import { ENDPOINT } from "../stand-in-delays.ts";

export interface ChurningOptions {
  /** Origin of the gateway. */
  readonly origin: string;
  /** Callers at one time. */
  readonly calls: number;
  /** The first ones come one after another, evenly over this, in ms: callers talk at different times. */
  readonly spread: number;
  /** Questions of a call: at random from the first to the second. */
  readonly questions: readonly [least: number, most: number];
  readonly seed: number;
}

/** Silence of the agent after which a caller goes on, and after which he gives up, in ms. */
const QUIET = 700;
const PATIENCE = 10_000;
/** Far longer than any of them, in ms. */
const LONGEST_CALL = 30 * 60_000;

/** So many callers at every time: whoever has hung up is followed by somebody else. */
export class ChurningCallers {
  readonly #options: ChurningOptions;
  readonly #exchange = new PhoneExchange(systemClock);
  readonly #random: () => number;
  readonly #question = readQuestion(ENDPOINT).mulaw;
  readonly #live = new Set<SimulatedPhone>();
  readonly #lines: Promise<void>[] = [];
  #closing = false;
  /** Calls that were ended by their callers. */
  finished = 0;
  /** Calls that could not be placed, or ended otherwise. */
  lost = 0;
  /** Questions without an answer. */
  unanswered = 0;

  constructor(options: ChurningOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** Resolves when all lines are in use. */
  async start(): Promise<void> {
    const { calls, spread } = this.#options;
    for (let line = 0; line < calls && !this.#closing; line++) {
      this.#lines.push(this.#use());
      await pause(spread / calls);
    }
  }

  /** No more calls are begun; resolves when those that are have ended by themselves. */
  async finish(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#lines);
  }

  /** Everybody hangs up. */
  async hangUp(): Promise<void> {
    this.#closing = true;
    for (const phone of this.#live) phone.hangUp();
    await Promise.all(this.#lines);
  }

  /** One line: call after call. */
  async #use(): Promise<void> {
    while (!this.#closing) {
      const phone = this.#phone();
      this.#live.add(phone);
      const ended = await phone.call().then(
        (report) => report.ended.by,
        () => "failed" as const,
      );
      this.#live.delete(phone);
      if (ended === "caller") this.finished++;
      else if (ended !== "stopped") {
        this.lost++;
        await pause(1_000); // a gateway that refuses is not to be flooded
      }
    }
  }

  #phone(): SimulatedPhone {
    return new SimulatedPhone({
      clock: systemClock,
      exchange: this.#exchange,
      voiceUrl: `${this.#options.origin}/api/phone/incoming`,
      statusUrl: `${this.#options.origin}/api/phone/status`,
      from: "+15005550006",
      to: "+15005550001",
      limit: LONGEST_CALL,
      script: this.#script(),
      onEvent: (event) => {
        if (event.type === "agent-unheard") this.unanswered++;
      },
    });
  }

  #script(): CallerScript {
    const [least, most] = this.#options.questions;
    const questions = least + Math.floor(this.#random() * (most - least + 1));
    const cue = { when: "agent-finished", quiet: QUIET, patience: PATIENCE } as const;
    const asked = Array.from({ length: questions }, (): CallerStep => {
      return { type: "say", audio: this.#question, cue };
    });
    return [...asked, { type: "hang-up", cue }];
  }
}

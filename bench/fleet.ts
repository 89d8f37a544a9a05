import { systemClock } from "../src/runtime/clock.ts";
import type { CallerScript, CallerStep } from "../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../src/simulation/phone/phone-exchange.ts";
import { BenchCaller } from "./caller.ts";
import { pause } from "./pause.ts";
import type { Question } from "./question.ts";
import type { SystemUnderTest } from "./systems.ts";
import { turnMarker } from "./turn-marker.ts";
import type { VendorStandIns } from "./vendor-stand-ins.ts";

export interface FleetOptions {
  readonly system: SystemUnderTest;
  readonly standIns: VendorStandIns;
  readonly question: Question;
  /** Questions that a caller asks before hanging up. */
  readonly questions: number;
  /** Silence of the agent after which a caller goes on, in ms. */
  readonly quiet: number;
  /** Longest call, in ms. */
  readonly limit: number;
}

/** The greeting is over by then. In ms from the start of the stream. */
const FIRST_QUESTION_AFTER = 2_500;
/** A caller of an echo asks so often, in ms. */
const ECHO_EVERY = 6_000;
const PLACE_LIMIT = 10_000;
const LOOK_EVERY = 2;
/** The system takes no more calls. */
const MANY_LOST = 5;

/** Callers of one system, with one beat for all. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #exchange = new PhoneExchange(systemClock);
  readonly #script: CallerScript;
  readonly #live = new Set<BenchCaller>();
  readonly #over: Promise<void>[] = [];
  /** Calls that could not be placed, or ended before the caller hung up. */
  lost = 0;
  /** Questions that were not answered in time. */
  unanswered = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#script = scriptOf(options);
  }

  get size(): number {
    return this.#live.size;
  }

  /**
   * Places calls one after another, evenly over a time (ms): only so is it known which connection to the
   * recogniser is whose. Callers talk at different times in consequence. Stops early when calls get lost.
   */
  async add(calls: number, over: number): Promise<void> {
    const begun = systemClock.now();
    const lost = this.lost;
    for (let i = 0; i < calls && this.lost - lost < MANY_LOST; i++) {
      await pause(begun + (i * over) / calls - systemClock.now());
      await this.#place();
    }
  }

  /** Silences of more than 40 ms inside replies since the last time, in ms. */
  takeHoles(): number[] {
    return [...this.#live].flatMap((caller) => caller.takeHoles());
  }

  /** Resolves when every caller has asked all questions. */
  async finished(): Promise<void> {
    await Promise.all(this.#over);
  }

  async hangUp(): Promise<void> {
    for (const caller of this.#live) caller.hangUp();
    await this.finished();
  }

  async #place(): Promise<void> {
    const { system, standIns, question, limit } = this.#options;
    let connection: number | undefined;
    const caller = new BenchCaller({
      ...system.dialled,
      exchange: this.#exchange,
      question,
      script: this.#script,
      limit,
      replied: (number, seen) => {
        if (connection !== undefined) standIns.trace.heard(turnMarker(connection, number), seen);
      },
      unanswered: () => this.unanswered++,
    });
    standIns.newCallers();
    this.#live.add(caller);
    this.#over.push(this.#follow(caller));
    const until = systemClock.now() + PLACE_LIMIT;
    while (this.#live.has(caller) && systemClock.now() < until) {
      connection ??= standIns.newCallers()[0];
      if (caller.connected && (connection !== undefined || !system.converses)) return;
      await pause(LOOK_EVERY);
    }
    // Refused, or too slow. One that was connected and then broke off is counted where its end is seen.
    if (this.#live.has(caller) || !caller.connected) this.lost++;
    caller.hangUp();
  }

  async #follow(caller: BenchCaller): Promise<void> {
    try {
      const { ended } = await caller.call();
      if (caller.connected && ended.by !== "caller" && ended.by !== "stopped") this.lost++;
    } catch {
      if (caller.connected) this.lost++;
    }
    this.#live.delete(caller);
  }
}

function scriptOf({ system, question, questions, quiet }: FleetOptions): CallerScript {
  const ask = (first: boolean): CallerStep => ({
    type: "say",
    audio: question.mulaw,
    cue: first
      ? { when: "after", wait: FIRST_QUESTION_AFTER }
      : system.converses
        ? { when: "agent-finished", quiet, patience: 10_000 }
        : { when: "after", wait: ECHO_EVERY },
  });
  const asked = Array.from({ length: questions }, (_, index) => ask(index === 0));
  return [...asked, { type: "hang-up", cue: { when: "agent-finished", quiet } }];
}

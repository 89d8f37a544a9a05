import { systemClock } from "../src/runtime/clock.ts";
import type { CallReport } from "../src/simulation/phone/call-report.ts";
import type { CallerStep, Cue } from "../src/simulation/phone/caller-script.ts";
import type { PhoneEvent } from "../src/simulation/phone/ongoing-call.ts";
import type { PhoneExchange } from "../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../src/simulation/phone/simulated-phone.ts";
import type { SpokenFinal } from "../src/simulation/stand-ins/deepgram-session.ts";
import { Mouth, type Saying } from "./mouth.ts";

/** A caller says a recording, or hangs up. */
export interface RehearsalStep {
  /** `name` is what reports call it. */
  readonly say?: Saying & { readonly name: string; readonly mulaw: Uint8Array };
  readonly cue: Cue;
}

/** What came from the gateway; `at` in ms of the call. */
export interface Arrival {
  readonly at: number;
  readonly what: "media" | "mark" | "clear";
}

export interface RehearsedCallReport {
  readonly report: CallReport;
  /** Time of the process at which the call's stream began. */
  readonly origin: number;
  /** Number of the call's connection to the recogniser. */
  readonly connection: number;
  readonly arrivals: readonly Arrival[];
  /** The agent's utterances in the gateway's transcript, in order. */
  readonly agentLines: readonly string[];
  /** What the recogniser's stand-in gave, on the clock of the process. */
  readonly finals: SpokenFinal[];
}

export interface RehearsedCallOptions {
  readonly script: readonly RehearsalStep[];
  readonly limit: number;
  /** Whether the agent may end the call before the script does. */
  readonly mayHangUp: boolean;
  readonly exchange: PhoneExchange;
  /** Origin of the gateway. */
  readonly gateway: string;
  /** What to dial instead of it. */
  readonly dialOrigin: string | undefined;
}

/** One call of a rehearsal. */
export class RehearsedCall {
  readonly mouth = new Mouth();
  connection = 0;
  readonly #options: RehearsedCallOptions;
  readonly #phone: SimulatedPhone;
  readonly #arrivals: Arrival[] = [];
  #origin = 0;
  #said = 0;

  constructor(options: RehearsedCallOptions) {
    const { script, limit, exchange, gateway, dialOrigin } = options;
    this.#options = options;
    this.#phone = new SimulatedPhone({
      clock: systemClock,
      exchange,
      limit,
      voiceUrl: `${gateway}/api/phone/incoming`,
      ...(dialOrigin !== undefined && { dialOrigin }),
      from: "+15005550006",
      to: "+15005550001",
      record: true,
      script: script.map(stepOf),
      onEvent: (event) => this.#happened(event),
      onWire: (at, direction, message) => {
        const what = /^\{"event":"(media|mark|clear)"/.exec(message)?.[1] as Arrival["what"] | undefined;
        if (direction === "out" && what !== undefined) this.#arrivals.push({ at, what });
      },
    });
  }

  async run(): Promise<RehearsedCallReport> {
    const report = await this.#phone.call();
    if (report.ended.by !== "caller" && !this.#options.mayHangUp)
      throw new Error(`A call ended by itself: ${report.ended.detail}`);
    return {
      report,
      origin: this.#origin,
      connection: this.connection,
      arrivals: this.#arrivals,
      agentLines: await this.#agentLines(report.sessionId),
      finals: [],
    };
  }

  hangUp(): void {
    this.#phone.hangUp();
  }

  #happened(event: PhoneEvent): void {
    if (event.type === "stream-started") this.#origin = systemClock.now() - event.at;
    if (event.type !== "caller-spoke") return;
    const said = this.#options.script.filter(({ say }) => say !== undefined && say.stretches.length > 0);
    const say = said[this.#said++]?.say;
    if (say !== undefined) this.mouth.says(say, systemClock.now());
  }

  async #agentLines(sessionId: string | undefined): Promise<readonly string[]> {
    const url = `${this.#options.gateway}/api/v1/calls/${sessionId}/transcript`;
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const entries = (await response.json()) as { speaker: string; text: string }[];
    return entries.filter(({ speaker }) => speaker === "ai_agent").map(({ text }) => text);
  }
}

function stepOf({ say, cue }: RehearsalStep): CallerStep {
  if (say === undefined) return { type: "hang-up", cue };
  return { type: "say", audio: say.mulaw, text: say.name, cue };
}

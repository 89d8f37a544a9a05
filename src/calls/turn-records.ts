import type { CallEvent, TurnStage } from "./call-event.ts";
import { endsTurn } from "./ends-turn.ts";
import { type TurnPart, type TurnRecord, turnParts } from "./turn-record.ts";

interface OpenTurn {
  readonly turn: number;
  /** Monotonic ms. Unset: nobody waits for this turn (a greeting, a re-prompt), or not yet. */
  speechEndedAt?: number;
  /** When each part was over, monotonic ms. */
  readonly reached: Partial<Record<TurnPart, number>>;
  readonly providers: { stt?: string; llm?: string; tts?: string };
  interrupted: boolean;
}

/** Turns open at one time; speculation may leave some that never end, and then the oldest is forgotten. */
const OPEN_TURNS = 16;

/** What the turns of one call spent where, as a fold over its events; one record per turn that somebody waited for. */
export class TurnRecords {
  readonly #over: TurnRecord[];
  readonly #open = new Map<number, OpenTurn>();
  readonly #toWall: (at: number) => number;

  /** @param toWall turns an event's monotonic time into Unix ms. @param before turns that are over already. */
  constructor(toWall: (at: number) => number, before: readonly TurnRecord[] = []) {
    this.#toWall = toWall;
    this.#over = [...before];
  }

  /** In the order in which the turns ended; those that sound now come last. */
  get all(): readonly TurnRecord[] {
    return [...this.#over, ...this.#sounding];
  }

  /** Answers the records of the turns that the event ends. */
  apply(event: CallEvent): readonly TurnRecord[] {
    if (event.type === "turn-committed") {
      const open = this.#of(event.turn);
      open.speechEndedAt = event.speechEndedAt;
      open.reached.endpoint = event.at;
    } else if (event.type === "stage-reached") this.#reach(event);
    else if (event.type === "call-ended") {
      const last = this.#sounding;
      this.#open.clear();
      this.#over.push(...last);
      return last;
    } else if (endsTurn(event)) return this.#end(event);
    return [];
  }

  #reach({ turn, stage, at, provider, heardFor = 0 }: Extract<CallEvent, { type: "stage-reached" }>): void {
    const { reached, providers } = this.#of(turn);
    const { part, port } = stages[stage];
    reached[part] ??= at - heardFor;
    if (port !== undefined && provider !== undefined) providers[port] ??= provider;
  }

  #end(event: Extract<CallEvent, { readonly turn: number }>): readonly TurnRecord[] {
    const open = this.#open.get(event.turn);
    if (open === undefined) return [];
    this.#open.delete(event.turn);
    if (event.type === "agent-heard") {
      open.interrupted = event.interrupted;
      open.reached.sent ??= event.startedAt; // where nobody sends audio, the carrier speaks
    } else open.interrupted = true;
    const record = this.#recordOf(open);
    if (record === undefined) return [];
    this.#over.push(record);
    return [record];
  }

  get #sounding(): TurnRecord[] {
    return [...this.#open.values()].flatMap((open) => this.#recordOf(open) ?? []);
  }

  #recordOf({ turn, speechEndedAt, reached, providers, interrupted }: OpenTurn): TurnRecord | undefined {
    if (speechEndedAt === undefined || reached.sent === undefined) return undefined;
    const { parts, total } = apart(speechEndedAt, reached);
    const wall = Math.round(this.#toWall(speechEndedAt));
    return { turn, speechEndedAt: wall, parts, total, providers: { ...providers }, interrupted };
  }

  #of(turn: number): OpenTurn {
    const open = this.#open.get(turn) ?? { turn, reached: {}, providers: {}, interrupted: false };
    this.#open.set(turn, open);
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > OPEN_TURNS && oldest !== undefined) this.#open.delete(oldest);
    return open;
  }
}

/** Rounded moments, each at its predecessor's or later: their differences add up to the last of them. */
function apart(
  from: number,
  reached: Partial<Record<TurnPart, number>>,
): { parts: Record<TurnPart, number>; total: number } {
  const parts = {} as Record<TurnPart, number>;
  let total = 0;
  for (const part of turnParts) {
    const moment = Math.max(total, Math.round((reached[part] ?? from) - from));
    parts[part] = moment - total;
    total = moment;
  }
  return { parts, total };
}

/** The part that a stage ends, and who answers for it. */
const stages: Readonly<Record<TurnStage, { part: TurnPart; port?: "stt" | "llm" | "tts" }>> = {
  "stt-final": { part: "stt-final", port: "stt" },
  "llm-first-token": { part: "first-token", port: "llm" },
  "first-clause": { part: "first-clause" },
  "tts-first-byte": { part: "first-byte", port: "tts" },
  "first-audio-sent": { part: "sent" },
  "first-audio-heard": { part: "heard" },
};

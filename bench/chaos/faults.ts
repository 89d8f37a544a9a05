import type { Fault } from "../../src/simulation/stand-ins/stand-in.ts";

/** Milliseconds from 0 to this: when, within a question or after the model was asked, the fault comes. */
type Spread = number;

/** What goes wrong with one call, and where. `deadline`: ms from the fault until the product may know of it. */
export type CallFault =
  /** The model's first list entry meets it: with the first request for an answer, or with every one. */
  | {
      readonly at: "model";
      readonly fault: (random: () => number) => Fault;
      readonly every: boolean;
      readonly deadline: number;
    }
  /** The voice's connection meets it, struck when the model is asked for the answer. */
  | { readonly at: "voice"; readonly fault: (random: () => number) => Fault; readonly deadline: number }
  /**
   * A connection meets it while the caller asks; then the vendor refuses the next connection as well, with `refusal`
   * where there is one.
   */
  | {
      readonly at: "question";
      readonly port: "recogniser" | "voice";
      readonly fault: Fault;
      readonly refusal?: number;
      readonly spread: Spread;
      readonly deadline: number;
      /** Ms from the end of the question until the product may know of it, when that is later. */
      readonly afterQuestion?: number;
    }
  /** The phone's media socket breaks, from the question's first sound to the answer's end. */
  | { readonly at: "socket"; readonly spread: Spread; readonly deadline: number };

/** What goes wrong with everybody at once. */
export type FleetFault = { readonly at: "kill" | "roll" | "store" };

/** A row of the table. */
export interface ChaosRow {
  readonly name: string;
  readonly calls: number;
  readonly fault: CallFault | FleetFault | undefined;
  /** Of the next words, at p95, in ms; undefined where no deadline begins. */
  readonly target: number | undefined;
}

/** `LLM_FIRST_TOKEN_TIMEOUT` and `TTS_FIRST_BYTE_TIMEOUT` as they are by default. */
const FIRST_TOKEN = 2_500;
const FIRST_BYTE = 1_000;
/** How long a recogniser may take to the words that it owes, in ms. */
const LAST_WORDS = 1_000;

const PROVIDER_CALLS = 5;
const FLEET_CALLS = 10;
/** Next words after the deadline, in ms: a provider's fault, and a lost socket or process. */
const PROVIDER_TARGET = 1_500;
const LOSS_TARGET = 3_000;
/** A question takes two seconds. */
const QUESTION: Spread = 1_800;

const status = (code: number) => (): Fault => ({ type: "status", status: code });
const between = (random: () => number, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

function provider(name: string, fault: CallFault): ChaosRow {
  return { name, calls: PROVIDER_CALLS, fault, target: PROVIDER_TARGET };
}

/** A hundred calls with a fault each, and some without one to compare with. */
export const chaosRows: readonly ChaosRow[] = [
  { name: "no fault", calls: PROVIDER_CALLS, fault: undefined, target: undefined },
  provider("stt drop", {
    at: "question",
    port: "recogniser",
    fault: { type: "drop", afterMessages: 0 },
    spread: QUESTION,
    deadline: 0,
  }),
  provider("stt hang", {
    at: "question",
    port: "recogniser",
    fault: { type: "stall", afterMessages: 0 },
    spread: QUESTION,
    deadline: LAST_WORDS,
    afterQuestion: LAST_WORDS,
  }),
  provider("stt refused", {
    at: "question",
    port: "recogniser",
    fault: { type: "drop", afterMessages: 0 },
    refusal: 503,
    spread: QUESTION,
    deadline: 0,
  }),
  provider("llm 500 once", { at: "model", fault: status(500), every: false, deadline: 0 }),
  provider("llm 500", { at: "model", fault: status(500), every: true, deadline: 0 }),
  provider("llm 429", { at: "model", fault: status(429), every: true, deadline: 0 }),
  provider("llm hang", {
    at: "model",
    fault: () => ({ type: "stall", afterMessages: 0 }),
    every: true,
    deadline: FIRST_TOKEN,
  }),
  provider("llm drop", {
    at: "model",
    fault: (random) => ({ type: "drop", afterMessages: between(random, 3, 8) }),
    every: false,
    deadline: 0,
  }),
  provider("llm truncated", {
    at: "model",
    fault: (random) => ({ type: "truncate", afterMessages: between(random, 3, 8) }),
    every: false,
    deadline: 0,
  }),
  provider("tts refused", {
    at: "question",
    port: "voice",
    fault: { type: "drop", afterMessages: 0 },
    refusal: 500,
    spread: QUESTION,
    deadline: 0,
  }),
  provider("tts hang", {
    at: "voice",
    fault: () => ({ type: "stall", afterMessages: 0 }),
    deadline: FIRST_BYTE,
  }),
  provider("tts drop", {
    at: "voice",
    fault: (random) => ({ type: "drop", afterMessages: between(random, 1, 6) }),
    deadline: 0,
  }),
  {
    name: "media socket cut",
    calls: FLEET_CALLS,
    fault: { at: "socket", spread: 6_000, deadline: 0 },
    target: LOSS_TARGET,
  },
  { name: "kill -9 of one of two", calls: FLEET_CALLS, fault: { at: "kill" }, target: LOSS_TARGET },
  { name: "rolling restart of two", calls: FLEET_CALLS, fault: { at: "roll" }, target: LOSS_TARGET },
  { name: "store away for 10 s", calls: FLEET_CALLS, fault: { at: "store" }, target: undefined },
];

export function isOfFleet(fault: CallFault | FleetFault): fault is FleetFault {
  return fault.at === "kill" || fault.at === "roll" || fault.at === "store";
}

import { join } from "node:path";
import { systemClock } from "../src/runtime/clock.ts";
import { PhoneExchange } from "../src/simulation/phone/phone-exchange.ts";
import type { ChatMessage } from "../src/simulation/stand-ins/openai-wire.ts";
import { startDelayedLink } from "./delayed-link.ts";
import { pause } from "./pause.ts";
import { RehearsalStandIns } from "./rehearsal-stand-ins.ts";
import { type RehearsalStep, RehearsedCall, type RehearsedCallReport } from "./rehearsed-call.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

export interface Rehearsal {
  /** What the agent says first, and what it answers. */
  readonly greeting: string;
  readonly reply: (messages: readonly ChatMessage[]) => string;
  /** What each caller does; ends by hanging up. */
  readonly scripts: readonly (readonly RehearsalStep[])[];
  /** Longest call, in ms. */
  readonly limit: number;
  /** Whether the agent may end a call before the script does; otherwise that is a failure. */
  readonly mayHangUp?: boolean;
  /** The gateway's program; Earshot itself unless given. */
  readonly program?: string;
  /** Of the network between phone and gateway, each way, in ms. */
  readonly delay?: number;
}

export interface Rehearsed {
  readonly calls: readonly RehearsedCallReport[];
  /** `GET /metrics` after the last call. */
  readonly metrics: string;
}

const EARSHOT = join(import.meta.dirname, "../src/main.ts");
/** Between two calls placed, in ms: callers talk at different times. */
const APART = 250;
const PLACE_LIMIT = 10_000;
const LOOK_EVERY = 2;
/** The last words of a call are written down a moment after it. */
const LAST_ENTRIES = 300;

/**
 * Runs scripted calls against a gateway of its own, with stand-ins that understand what the callers really say.
 * All times of the reports are of one clock. Rejects when a call cannot be placed or breaks off.
 */
export async function rehearse(rehearsal: Rehearsal): Promise<Rehearsed> {
  const standIns = await RehearsalStandIns.start(rehearsal.reply);
  try {
    const server = await startServerProcess({
      file: rehearsal.program ?? EARSHOT,
      environment: {
        MAX_CALLS: "1000",
        MAX_LATENESS: "0", // what is measured is how it does, not whom it refuses
        AGENT_GREETING: rehearsal.greeting,
        ...standIns.environment,
      },
    });
    try {
      return await callAll(rehearsal, server, standIns);
    } finally {
      await server.stop();
    }
  } finally {
    await standIns.close();
  }
}

async function callAll(
  { scripts, limit, mayHangUp = false, delay = 0 }: Rehearsal,
  server: ServerProcess,
  standIns: RehearsalStandIns,
): Promise<Rehearsed> {
  const link = delay > 0 ? await startDelayedLink(server.url, delay) : undefined;
  try {
    const exchange = new PhoneExchange(systemClock);
    const over: Promise<RehearsedCallReport>[] = [];
    for (const script of scripts) {
      const call = new RehearsedCall({
        script,
        limit,
        mayHangUp,
        exchange,
        gateway: server.url,
        dialOrigin: link?.origin,
      });
      const report = call.run();
      over.push(report);
      report.catch(() => undefined); // is looked at below
      await placed(call, standIns);
      await pause(APART);
    }
    await Promise.all(over);
    await pause(LAST_ENTRIES);
    for (const report of over) (await report).finals.push(...standIns.finalsOf((await report).connection));
    const metrics = await (
      await fetch(`${server.url}/metrics`, { signal: AbortSignal.timeout(5_000) })
    ).text();
    return { calls: await Promise.all(over), metrics };
  } finally {
    await link?.close();
  }
}

/** Waits until the call's connection to the recogniser stands: calls come one after another, so it is this call's. */
async function placed(call: RehearsedCall, standIns: RehearsalStandIns): Promise<void> {
  const until = systemClock.now() + PLACE_LIMIT;
  while (systemClock.now() < until) {
    const connection = standIns.newConnection();
    if (connection !== undefined) {
      call.connection = connection;
      standIns.listenTo(connection, call.mouth);
      return;
    }
    await pause(LOOK_EVERY);
  }
  call.hangUp();
  throw new Error("The gateway did not take a call, or did not connect it to the recogniser");
}

import { systemClock } from "../src/runtime/clock.ts";
import type { CallerScript } from "../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../src/simulation/phone/simulated-phone.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { pause } from "./pause.ts";
import { quantile } from "./quantiles.ts";
import { readQuestion } from "./question.ts";
import { ENDPOINT } from "./stand-in-delays.ts";
import { type Dialled, startSystem } from "./systems.ts";
import { startVendorStandIns } from "./vendor-stand-ins.ts";

const CALLS = 10;
const TURNS = 20;
/** The greeting is over by then. In ms. */
const FIRST_QUESTION_AFTER = 2_500;
/** Silence of the agent after which a caller goes on, in ms. */
const QUIET = 700;
/** A turn takes five seconds. In ms. */
const LIMIT = 180_000;
/** Between two calls, in ms: callers talk at different times. */
const APART = 430;

/** One turn as the gateway's record has it, and as the phone saw it, in ms. */
interface MeasuredTurn {
  readonly told: number;
  readonly parts: number;
  readonly seen: number;
}

/** Compares the gateway's own records of what callers waited for with what their phones measured. */
export async function turnRecords({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const calls = quick ? 2 : CALLS;
  const turns = quick ? 2 : TURNS;
  progress(`turn-records: ${calls} calls of ${turns} turns`);
  const measured = await converse(calls, turns);
  if (measured.length === 0) throw new Error("No turn could be compared");
  const errors = measured.map(({ told, seen }) => told - seen);
  const apart = errors.map(Math.abs);
  return [
    {
      title: "Turn records against the phone: end of the caller's voice → first audio heard, in ms",
      rows: [
        {
          turns: measured.length,
          "told p50": quantile(
            measured.map(({ told }) => told),
            0.5,
          ),
          "seen p50": quantile(
            measured.map(({ seen }) => seen),
            0.5,
          ),
          "told − seen p50": quantile(errors, 0.5),
          "apart p50": quantile(apart, 0.5),
          "apart p95": quantile(apart, 0.95),
          worst: Math.max(...apart),
          "sums that are wrong": measured.filter(({ told, parts }) => told !== parts).length,
          unclear: calls * turns - measured.length,
        },
      ],
      notes: [
        "Target: apart ≤ 20 ms at p95; no sum is wrong.",
        "unclear: the call's records and exchanges could not be paired one to one.",
      ],
    },
  ];
}

async function converse(calls: number, turns: number): Promise<readonly MeasuredTurn[]> {
  const standIns = await startVendorStandIns();
  try {
    const { server, dialled } = await startSystem("earshot", standIns.environment);
    try {
      const exchange = new PhoneExchange(systemClock);
      const over: Promise<readonly MeasuredTurn[]>[] = [];
      for (let call = 0; call < calls; call++) {
        over.push(measuredTurns(server.url, dialled, exchange, scriptOf(turns)));
        await pause(APART);
      }
      return (await Promise.all(over)).flat();
    } finally {
      await server.stop();
    }
  } finally {
    await standIns.close();
  }
}

async function measuredTurns(
  url: string,
  dialled: Dialled,
  exchange: PhoneExchange,
  script: CallerScript,
): Promise<readonly MeasuredTurn[]> {
  const phone = new SimulatedPhone({
    ...dialled,
    clock: systemClock,
    exchange,
    limit: LIMIT,
    from: "+15005550006",
    to: "+15005550001",
    script,
  });
  const { sessionId, exchanges } = await phone.call();
  const records = await recordsOf(url, sessionId);
  const seen = exchanges.flatMap(({ replyLatency }) => replyLatency ?? []);
  if (records.length !== seen.length || exchanges.length !== seen.length) return [];
  return records.map(({ total_ms, parts }, index) => ({
    told: total_ms,
    parts: Object.values(parts).reduce((sum, part) => sum + part, 0),
    seen: seen[index] as number,
  }));
}

interface TurnBody {
  readonly total_ms: number;
  readonly parts: Readonly<Record<string, number>>;
}

async function recordsOf(url: string, sessionId: string | undefined): Promise<readonly TurnBody[]> {
  const turns = `${url}/api/v1/calls/${sessionId}/turns`;
  const response = await fetch(turns, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${turns} answered ${response.status}`);
  return (await response.json()) as TurnBody[];
}

function scriptOf(turns: number): CallerScript {
  const { mulaw: audio } = readQuestion(ENDPOINT);
  const quiet = { when: "agent-finished", quiet: QUIET, patience: 10_000 } as const;
  const asked = Array.from({ length: turns }, (_, turn) => ({
    type: "say" as const,
    audio,
    cue: turn === 0 ? ({ when: "after", wait: FIRST_QUESTION_AFTER } as const) : quiet,
  }));
  return [...asked, { type: "hang-up", cue: { when: "agent-finished", quiet: QUIET } }];
}

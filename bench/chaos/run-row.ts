import { systemClock } from "../../src/runtime/clock.ts";
import type { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import type { PostgresServer } from "../../test/support/postgres.ts";
import { pause } from "../pause.ts";
import { startServerProcess } from "../server-process.ts";
import { GREETING } from "../systems.ts";
import { CallFaults, type Met } from "./call-faults.ts";
import { type CallVerdict, judge } from "./call-verdict.ts";
import { ChaosCall, type ChaosCallReport } from "./chaos-call.ts";
import { type ChaosRow, type FleetFault, isOfFleet } from "./faults.ts";
import { GatewayFleet } from "./gateway-fleet.ts";
import { BACKUP, GATEWAY, PROVIDER_LISTS } from "./provider-lists.ts";
import { VendorSet, vendorEnvironment } from "./vendor-set.ts";

/** Between two calls placed, in ms: callers talk at different times. */
const APART = 450;
/** From the last call placed until everybody meets the fault of the fleet, in ms: so long, and up to as long again. */
const FLEET_FAULT_AFTER = 5_000;
const STORE_AWAY = 10_000;
/** A killed process is missed for so long before another takes its place, in ms. */
const RELAUNCH_AFTER = 3_000;
/** A stream that ends so soon after a process was killed has ended because of it, in ms. */
const KILLED_WITHIN = 1_000;

export interface RowSetting {
  readonly random: () => number;
  readonly exchange: PhoneExchange;
  /** Numbers of the row's calls begin here. */
  readonly firstCall: number;
  readonly turns: number;
  /** For rows that need a shared store; undefined: there is none on this machine. */
  readonly postgres: PostgresServer | undefined;
}

export interface RowResult {
  readonly row: ChaosRow;
  /** Calls that have met the fault. */
  readonly met: number;
  readonly verdicts: readonly CallVerdict[];
}

/** What a gateway is told in every row. */
export function gatewayEnvironment(first: VendorSet, second: VendorSet): Readonly<Record<string, string>> {
  return {
    MAX_CALLS: "1000",
    AGENT_GREETING: GREETING,
    SENTIMENT_PROVIDER: "embedded",
    ...vendorEnvironment(first),
    ...vendorEnvironment(second, BACKUP),
    ...PROVIDER_LISTS,
  };
}

/** One row: vendors and gateways of its own, its calls at the same time, each with its fault. */
export async function runRow(row: ChaosRow, setting: RowSetting): Promise<RowResult> {
  const { fault } = row;
  const own = fault !== undefined && !isOfFleet(fault) ? fault : undefined;
  const faults = own && new CallFaults(own, () => first, setting.random);
  const first = await VendorSet.start((question) => faults?.asked(question));
  const second = await VendorSet.start(() => undefined);
  try {
    const environment = gatewayEnvironment(first, second);
    if (fault !== undefined && isOfFleet(fault)) return await runFleetRow(row, fault, setting, environment);
    const server = await startServerProcess({ file: GATEWAY, environment });
    try {
      const reports = await Promise.all(await placeCalls(row.calls, server.url, setting, faults));
      return resultOf(row, setting, reports, ({ name }) => faults?.metBy(name));
    } finally {
      await server.stop();
    }
  } finally {
    faults?.stop();
    await Promise.all([first.close(), second.close()]);
  }
}

/** Calls that have been placed one after another, and go on. */
async function placeCalls(
  count: number,
  origin: string,
  { exchange, firstCall, turns }: RowSetting,
  faults?: CallFaults,
): Promise<readonly Promise<ChaosCallReport>[]> {
  const running: Promise<ChaosCallReport>[] = [];
  for (let index = 0; index < count; index++) {
    if (index > 0) await pause(APART);
    const spoke = (turn: number): void => faults?.spoke(call.name, turn);
    const call = new ChaosCall({ number: firstCall + index, exchange, origin, turns, spoke });
    faults?.plan(call, turns);
    running.push(call.run());
  }
  return running;
}

async function runFleetRow(
  row: ChaosRow,
  { at }: FleetFault,
  setting: RowSetting,
  environment: Readonly<Record<string, string>>,
): Promise<RowResult> {
  const { postgres, random } = setting;
  if (postgres === undefined) throw new Error(`${row.name} needs PostgreSQL`);
  const fleet = await GatewayFleet.start(2, postgres, environment);
  try {
    const running = await placeCalls(row.calls, fleet.origin, setting);
    await pause(FLEET_FAULT_AFTER * (1 + random()));
    const begun = systemClock.now();
    await strike(at, fleet, postgres);
    const reports = await Promise.all(running);
    return resultOf(row, setting, reports, (call) => metInFleet(at, call, begun));
  } finally {
    await fleet.stop();
  }
}

async function strike(at: FleetFault["at"], fleet: GatewayFleet, postgres: PostgresServer): Promise<void> {
  if (at === "kill") {
    await fleet.kill(0);
    await pause(RELAUNCH_AFTER);
    await fleet.launch(0);
  } else if (at === "roll") {
    await fleet.roll();
  } else {
    await postgres.halt();
    await pause(STORE_AWAY);
    await postgres.resume();
  }
}

/** A call meets the loss of its process with the end of its stream, and the loss of the store from its begin. */
function metInFleet(
  at: FleetFault["at"],
  { origin, report, streamEnds }: ChaosCallReport,
  begun: number,
): Met | undefined {
  if (report === undefined) return { turn: 0, at: begun };
  const lost = streamEnds.find((end) => {
    const since = origin + end - begun;
    return since >= 0 && (at === "roll" || since < KILLED_WITHIN) && end < report.duration;
  });
  const time = at === "store" ? begun - origin : lost;
  if (time === undefined || time > report.duration) return undefined;
  const turn = report.exchanges.findLast(({ voiceStart }) => voiceStart <= time)?.step;
  return turn === undefined ? undefined : { turn, at: origin + time };
}

function resultOf(
  row: ChaosRow,
  { turns }: RowSetting,
  reports: readonly ChaosCallReport[],
  metBy: (call: ChaosCallReport) => Met | undefined,
): RowResult {
  const met = reports.map(metBy);
  const afterQuestion = row.fault?.at === "question" ? row.fault.afterQuestion : undefined;
  const verdicts = reports.map(({ report, words, origin }, index) => {
    const fault = met[index];
    return judge(
      report,
      words,
      turns,
      fault && {
        turn: fault.turn,
        deadline: fault.at - origin,
        ...(afterQuestion !== undefined && { afterQuestion }),
      },
    );
  });
  return { row, met: met.filter((one) => one !== undefined).length, verdicts };
}

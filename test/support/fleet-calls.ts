import { judge } from "../../bench/chaos/call-verdict.ts";
import { ChaosCall, type ChaosCallReport } from "../../bench/chaos/chaos-call.ts";
import { GatewayFleet } from "../../bench/chaos/gateway-fleet.ts";
import { gatewayEnvironment } from "../../bench/chaos/run-row.ts";
import { VendorSet } from "../../bench/chaos/vendor-set.ts";
import { type Cancel, systemClock } from "../../src/runtime/clock.ts";
import { type Beat, PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { eventually } from "./call-desk.ts";
import { startPostgres } from "./postgres.ts";
import { WebhookReceiver } from "./webhook-receiver.ts";

/** Between two calls placed, in ms. */
const APART = 150;
/** For everybody to be answered, on a busy machine. */
const ANSWERED_WITHIN = 30_000;
/** The last records are owed by a process that is no more: whoever takes them over waits until it counts as dead. */
const DELIVERED_WITHIN = 60_000;

export interface FleetTrial {
  readonly calls: number;
  readonly turns: number;
  /**
   * What happens to the fleet when every caller talks with the agent. `back` resolves when nobody whose call goes on is
   * without a media stream.
   */
  readonly disturb: (fleet: GatewayFleet, back: () => Promise<void>) => Promise<void>;
  readonly closers: (() => unknown)[];
}

export interface FleetOutcome {
  readonly calls: readonly ChaosCallReport[];
  /** Names of callers who were not answered to the end. */
  readonly lost: readonly string[];
  /** Callers whose media streams belong to several sessions. */
  readonly divided: readonly string[];
  /** Callers who had more than one media stream. */
  readonly moved: readonly string[];
  /** The records of ended calls that came, by call; one text for each different record. */
  readonly histories: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Two real gateway processes on a PostgreSQL of their own behind a balancer, with stand-ins for the vendors: callers ask
 * their questions while the fleet is disturbed. Answers what is missing when there is no PostgreSQL.
 */
export async function disturbedFleet(trial: FleetTrial): Promise<FleetOutcome | { missing: string }> {
  const { closers } = trial;
  const postgres = await startPostgres();
  if ("missing" in postgres) return postgres;
  closers.push(() => postgres.stop());
  const receiver = await WebhookReceiver.start();
  closers.push(() => receiver.close());
  const vendors = await VendorSet.start(() => undefined);
  closers.push(() => vendors.close());
  const fleet = await GatewayFleet.start(2, postgres, {
    ...gatewayEnvironment(vendors, vendors),
    CALL_HISTORY_ENDPOINT: receiver.url,
    JWT_SECRET: "a secret that only the receiver knows",
  });
  closers.push(() => fleet.stop());
  const { running, back } = await placed(trial, fleet.origin);
  await Promise.all([trial.disturb(fleet, back), ...running]);
  const calls = await Promise.all(running);
  const ids = new Set(calls.flatMap(({ sessionIds }) => sessionIds.flatMap((id) => id ?? [])));
  await eventually(() => recordsOf(receiver).size >= ids.size, "a record of every call", DELIVERED_WITHIN);
  return {
    calls,
    lost: namesOf(calls, ({ report, words }) => !judge(report, words, trial.turns).survived),
    divided: namesOf(calls, ({ sessionIds }) => new Set(sessionIds).size !== 1),
    moved: namesOf(calls, ({ sessionIds }) => sessionIds.length > 1),
    histories: recordsOf(receiver),
  };
}

/** Resolves when every caller has begun to ask; the calls go on. */
async function placed({ calls, turns }: FleetTrial, origin: string): Promise<Placed> {
  const exchange = new CountingExchange(systemClock);
  const running: Promise<ChaosCallReport>[] = [];
  const begun: ChaosCall[] = [];
  for (let number = 0; number < calls; number++) {
    const call = new ChaosCall({ number, exchange, origin, turns });
    const run = call.run();
    begun.push(call);
    running.push(run);
    void run.then(() => begun.splice(begun.indexOf(call), 1)); // a call that is over asks no more
    await new Promise((resolve) => setTimeout(resolve, APART));
  }
  await eventually(() => begun.every(({ asked }) => asked > 0), "that everybody asks", ANSWERED_WITHIN);
  const isBack = () => exchange.streams >= begun.length;
  return { running, back: () => eventually(isBack, "that nobody is without a stream", ANSWERED_WITHIN) };
}

interface Placed {
  readonly running: readonly Promise<ChaosCallReport>[];
  readonly back: () => Promise<void>;
}

/** Knows how many media streams are open. */
class CountingExchange extends PhoneExchange {
  streams = 0;

  override join(beat: Beat): Cancel {
    const leave = super.join(beat);
    this.streams++;
    return () => {
      leave();
      this.streams--;
    };
  }
}

function namesOf(
  calls: readonly ChaosCallReport[],
  concerned: (call: ChaosCallReport) => boolean,
): readonly string[] {
  return calls.filter(concerned).map(({ name }) => name);
}

function recordsOf({ posts }: WebhookReceiver): ReadonlyMap<string, ReadonlySet<string>> {
  const records = new Map<string, Set<string>>();
  for (const { headers, body } of posts) {
    const { call_id } = JSON.parse(body) as { call_id: string };
    const seen = records.get(call_id) ?? new Set();
    records.set(call_id, seen.add(`${String(headers["idempotency-key"])} ${body}`));
  }
  return records;
}

import { systemClock } from "../src/runtime/clock.ts";
import type { CallerScript } from "../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../src/simulation/phone/simulated-phone.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { median } from "./quantiles.ts";
import { type Dialled, startSystem } from "./systems.ts";
import { startVendorStandIns } from "./vendor-stand-ins.ts";

const PROCESSES = 3;
const CALLS = 6;
const LIMIT = 10_000;

/** Hangs up as soon as the agent has been heard. */
const script: CallerScript = [{ type: "hang-up", cue: { when: "heard", heard: 200, patience: 8_000 } }];

/** From the stream's `start` to the first audio, for the first call of a process and for those after it. */
export async function firstAudio({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const processes = quick ? 1 : PROCESSES;
  const rows: Table["rows"][number][] = [];
  for (const providers of ["vendors", "embedded"] as const) {
    progress(`first-audio: ${providers}, ${processes} processes`);
    const first: number[] = [];
    const later: number[] = [];
    for (let run = 0; run < processes; run++) {
      const [one = Number.NaN, ...others] = await callsOfOneProcess(providers, quick ? 2 : CALLS);
      first.push(one);
      later.push(...others);
    }
    rows.push({
      providers,
      "first call": median(first),
      "slowest first": Math.max(...first),
      "later calls p50": median(later),
      "slowest later": Math.max(...later),
    });
  }
  return [
    {
      title: "First audio: media socket's `start` → first media message, in ms",
      rows,
      notes: [
        "The phone opens the socket as soon as it has the TwiML: no ringing hides anything.",
        "Target: ≤ 50 ms from the second call on; the first call waits for one first byte of the voice.",
      ],
    },
  ];
}

async function callsOfOneProcess(providers: "vendors" | "embedded", calls: number): Promise<number[]> {
  const standIns = providers === "vendors" ? await startVendorStandIns() : undefined;
  try {
    const { server, dialled } = await startSystem("earshot", standIns?.environment ?? {});
    try {
      const latencies: number[] = [];
      for (let call = 0; call < calls; call++) latencies.push(await greetingOf(dialled));
      return latencies;
    } finally {
      await server.stop();
    }
  } finally {
    await standIns?.close();
  }
}

async function greetingOf(dialled: Dialled): Promise<number> {
  const phone = new SimulatedPhone({
    ...dialled,
    clock: systemClock,
    exchange: new PhoneExchange(systemClock),
    from: "+15005550006",
    to: "+15005550001",
    script,
    limit: LIMIT,
  });
  const { greetingLatency } = await phone.call();
  if (greetingLatency === undefined) throw new Error("The agent did not greet the caller");
  return greetingLatency;
}

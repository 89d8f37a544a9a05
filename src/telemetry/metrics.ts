import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { systemClock } from "../runtime/clock.ts";
import { type PortBreakerReports, registerBreakerMetrics } from "./breaker-metrics.ts";
import type { EventLoopDelays } from "./event-loop-delay.ts";
import { type Load, overloadCounters, registerLoadMetrics } from "./load-metrics.ts";
import { type MediaCounts, registerMediaMetrics } from "./media-metrics.ts";
import { registerStoreMetrics, type StoreWriting } from "./store-metrics.ts";

/** Where the metrics read what they do not observe themselves. */
export interface MetricSources {
  readonly media: () => MediaCounts;
  readonly liveCalls: () => number;
  readonly eventLoop: () => EventLoopDelays;
  /** How writing to the store goes. Unset: nothing is written. */
  readonly store?: () => StoreWriting;
  /** How many messages are owed to others, and how many were given up. Unset: none ever. */
  readonly deliveries?: () => Promise<Readonly<Record<"owed" | "parked", number>>>;
  /** How much there is to do. Unset: not known. */
  readonly load?: () => Load;
  /** Journals of calls since the start. Unset: none are kept. */
  readonly journals?: () => { readonly kept: number; readonly dropped: number };
  /** Ms that are missing from recordings because they could not be written. Unset: nothing is recorded. */
  readonly unrecorded?: () => number;
  /** The circuit breakers of each port's providers. Unset: there are none. */
  readonly breakers?: () => readonly PortBreakerReports[];
  /** Whether prom-client's metrics of the process (CPU, memory, handles, GC) are wanted; once in a process. */
  readonly process: boolean;
}

/** Seconds. From a twentieth of a second's delay to the longest that a caller waits. */
const speechBuckets = [
  0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10,
];

/** Seconds. From a misdial to the longest call. */
const callBuckets = [5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];

/** Seconds. From an answer out of memory to one that waited for the store or the carrier. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Every metric of the product: names, labels and buckets. Nothing on the audio path touches one. */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(sources: MetricSources) {
  const registry = new Registry();
  const registers = [registry];
  if (sources.process) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  registerMediaMetrics(registry, sources.media);
  if (sources.store !== undefined) registerStoreMetrics(registry, sources.store);
  if (sources.deliveries !== undefined) registerDeliveryMetrics(registry, sources.deliveries);
  if (sources.load !== undefined) registerLoadMetrics(registry, sources.load);
  if (sources.journals !== undefined) registerJournalMetrics(registry, sources.journals);
  if (sources.unrecorded !== undefined) registerRecordingMetrics(registry, sources.unrecorded);
  if (sources.breakers !== undefined) registerBreakerMetrics(registry, sources.breakers);
  new Gauge({
    name: "earshot_calls_active",
    help: "Calls that have not ended, ringing ones included",
    registers,
    collect() {
      this.set(sources.liveCalls());
    },
  });
  new Gauge({
    name: "earshot_event_loop_delay_seconds",
    help: "How long the event loop kept timers waiting since the last scrape",
    labelNames: ["quantile"],
    registers,
    collect() {
      for (const [quantile, delay] of Object.entries(sources.eventLoop())) this.set({ quantile }, delay);
    },
  });
  return {
    registry,
    ...overloadCounters(registers),
    callsStarted: new Counter({
      name: "earshot_calls_started_total",
      help: "Calls taken in",
      labelNames: ["direction"] as const,
      registers,
    }),
    callsEnded: new Counter({
      name: "earshot_calls_ended_total",
      help: "Calls ended",
      labelNames: ["reason"] as const,
      registers,
    }),
    callsMoved: new Counter({
      name: "earshot_calls_moved_total",
      help: "Live calls that changed process: out to another one, or in from another one",
      labelNames: ["direction"] as const,
      registers,
    }),
    callsBySentiment: new Counter({
      name: "earshot_calls_by_sentiment_total",
      help: "Calls ended, by how the caller sounded; none: he said nothing",
      labelNames: ["sentiment"] as const,
      registers,
    }),
    callDuration: new Histogram({
      name: "earshot_call_duration_seconds",
      help: "Time from the answer (or the first ring, if there was none) to the end",
      buckets: callBuckets,
      registers,
    }),
    turnLatency: new Histogram({
      name: "earshot_turn_latency_seconds",
      help: "Time in each stage of a turn, in the order endpoint, stt-final, first-token, first-clause, first-byte, sent, heard; total is their sum, from the end of the caller's speech to the first audio heard",
      labelNames: ["stage"] as const,
      buckets: speechBuckets,
      registers,
    }),
    firstByte: new Histogram({
      name: "earshot_provider_first_byte_seconds",
      help: "Time to the first output of a provider in a turn",
      labelNames: ["port", "provider"] as const,
      buckets: speechBuckets,
      registers,
    }),
    bargeIns: new Counter({
      name: "earshot_barge_ins_total",
      help: "Times a caller's speech stopped the agent's",
      registers,
    }),
    deadAir: new Counter({
      name: "earshot_dead_air_total",
      help: "Times nobody spoke for too long, by who owed the next sound",
      labelNames: ["cause"] as const,
      registers,
    }),
    providerErrors: new Counter({
      name: "earshot_provider_errors_total",
      help: "Failures of providers",
      labelNames: ["port", "provider", "code"] as const,
      registers,
    }),
    hedges: new Counter({
      name: "earshot_hedges_total",
      help: "Replies for which a second model was asked beside the first: it won, lost, or both failed",
      labelNames: ["outcome"] as const,
      registers,
    }),
    unheardAudio: new Counter({
      name: "earshot_unheard_audio_seconds_total",
      help: "Callers' audio given up because no recogniser heard it in time, or the last one kept failing at it",
      registers,
    }),
    toolCalls: new Counter({
      name: "earshot_tool_calls_total",
      help: "Tools called by the agent",
      labelNames: ["tool", "ok"] as const,
      registers,
    }),
    bargeInsDecided: new Counter({
      name: "earshot_barge_ins_decided_total",
      help: "What became of barge-ins: interruptions, or sounds after which the agent went on",
      labelNames: ["outcome"] as const,
      registers,
    }),
    speculations: new Counter({
      name: "earshot_speculations_total",
      help: "Replies made ahead of the end of the caller's turn",
      labelNames: ["outcome"] as const,
      registers,
    }),
    speculatedTokens: new Counter({
      name: "earshot_speculated_tokens_total",
      help: "Pieces of text that the model gave ahead of the end of the caller's turn",
      labelNames: ["outcome"] as const,
      registers,
    }),
    speculatedCharacters: new Counter({
      name: "earshot_speculated_characters_total",
      help: "Characters that the voice was given ahead of the end of the caller's turn",
      labelNames: ["outcome"] as const,
      registers,
    }),
    httpDuration: new Histogram({
      name: "earshot_http_request_duration_seconds",
      help: "Time from a request to its answer",
      labelNames: ["method", "route", "status"] as const,
      buckets: requestBuckets,
      registers,
    }),
    rateLimited: new Counter({
      name: "earshot_http_rate_limited_total",
      help: "Requests refused because there were too many",
      labelNames: ["group"] as const,
      registers,
    }),
    usedSeconds: new Counter({
      name: "earshot_usage_seconds_total",
      help: "Seconds of ended calls that are paid for: of the line, and of audio given to the recogniser",
      labelNames: ["kind"] as const,
      registers,
    }),
    usedTokens: new Counter({
      name: "earshot_usage_tokens_total",
      help: "Tokens that the model has read (input) and written (output) in ended calls",
      labelNames: ["kind"] as const,
      registers,
    }),
    usedCharacters: new Counter({
      name: "earshot_usage_characters_total",
      help: "Characters that the voice was given in ended calls",
      registers,
    }),
    cost: new Counter({
      name: "earshot_cost_total",
      help: "What ended calls cost by the configured prices, in their currency",
      labelNames: ["kind"] as const,
      registers,
    }),
    deliveries: new Counter({
      name: "earshot_delivery_tries_total",
      help: "Tries to deliver what is owed to others, by outcome: delivered, failed (and tried again) or parked",
      labelNames: ["outcome"] as const,
      registers,
    }),
    turnsAbandoned: new Counter({
      name: "earshot_turns_abandoned_total",
      help: "Turns given up before the caller heard any of them",
      registers,
    }),
  };
}

function registerDeliveryMetrics(registry: Registry, counts: NonNullable<MetricSources["deliveries"]>): void {
  new Gauge({
    name: "earshot_deliveries",
    help: "Messages that are owed to others, or were given up, in the whole store",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      const known = await soon(counts());
      if (known === undefined) return;
      this.set({ state: "owed" }, known.owed);
      this.set({ state: "parked" }, known.parked);
    },
  });
}

/** Undefined when the store is away, or takes longer than a scrape can wait: the last ones stay. */
async function soon<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = systemClock.after(LONGEST_SCRAPE, () => late.resolve(undefined));
  try {
    return await Promise.race([answer.catch(() => undefined), late.promise]);
  } finally {
    cancel();
  }
}

/** In ms. */
const LONGEST_SCRAPE = 1_000;

function registerJournalMetrics(registry: Registry, journals: NonNullable<MetricSources["journals"]>): void {
  new Counter({
    name: "earshot_journals_total",
    help: "Journals of calls: kept whole, or dropped whole because the disk was too slow or failed",
    labelNames: ["outcome"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(journals())) this.inc({ outcome }, count);
    },
  });
}

function registerRecordingMetrics(registry: Registry, unrecorded: () => number): void {
  new Counter({
    name: "earshot_unrecorded_seconds_total",
    help: "What is missing from recordings because the disk was too slow or failed",
    registers: [registry],
    collect() {
      this.reset();
      this.inc(unrecorded() / 1_000);
    },
  });
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import type { BreakerReport } from "../../../src/runtime/circuit-breakers.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import type { MediaCounts } from "../../../src/telemetry/media-metrics.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics.ts";
import { observeCalls } from "../../../src/telemetry/observe-calls.ts";
import { aCall } from "../../support/calls.ts";

const media: MediaCounts = {
  framesIn: 50,
  framesOut: 12,
  bytesIn: 8000,
  bytesOut: 4800,
  gaps: 2,
  gapMs: 140,
  marksOverdue: 1,
  problems: { "not-json": 3, binary: 1 },
};

let llmBreakers: readonly BreakerReport[] = [];
let clock: ManualClock;
let registry: CallRegistry;
let metrics: Metrics;

beforeEach(() => {
  clock = new ManualClock();
  registry = new CallRegistry({
    clock,
    maxCalls: 10,
    onListenerError: (error) => expect.unreachable(String(error)),
  });
  metrics = createMetrics({
    media: () => media,
    liveCalls: () => registry.liveCount,
    eventLoop: () => ({ p50: 0.001, p99: 0.02, max: 0.05 }),
    breakers: () => [
      { port: "llm", reports: () => llmBreakers },
      { port: "tts", reports: () => [{ name: "elevenlabs", state: "half-open" }] },
    ],
    process: false,
  });
});

afterEach(() => metrics.registry.clear());

function ring(sessionId: number): void {
  registry.admit(aCall({ sessionId, sipCallId: `CA${sessionId}`, createdAt: clock.wall() }));
}

/** Samples as `name{labels} value`, without the comments. */
async function samples(): Promise<string[]> {
  return (await metrics.registry.metrics())
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

describe("metrics", () => {
  it("reads the state of every circuit breaker at every scrape", async () => {
    llmBreakers = [{ name: "openai", state: "closed" }];
    await samples();
    llmBreakers = [
      { name: "openai", state: "open" },
      { name: "openai:spare", state: "closed" },
    ];
    const breakers = (await samples()).filter((line) => line.startsWith("earshot_provider_breaker"));
    expect(breakers).toEqual([
      'earshot_provider_breaker{port="llm",provider="openai"} 2',
      'earshot_provider_breaker{port="tts",provider="elevenlabs"} 1',
      'earshot_provider_breaker{port="llm",provider="openai:spare"} 0',
    ]);
  });

  it("reads the media gateway's counters at every scrape", async () => {
    await samples();
    expect(await samples()).toEqual(
      expect.arrayContaining([
        "earshot_media_frames_in_total 50",
        "earshot_media_frames_out_total 12",
        "earshot_media_bytes_in_total 8000",
        "earshot_media_bytes_out_total 4800",
        "earshot_media_gaps_total 2",
        "earshot_media_gap_seconds_total 0.14",
        "earshot_marks_overdue_total 1",
        'earshot_media_problems_total{problem="not-json"} 3',
        'earshot_media_problems_total{problem="binary"} 1',
        'earshot_event_loop_delay_seconds{quantile="p99"} 0.02',
      ]),
    );
  });

  it("tells how much there is to do, and what was refused for it", async () => {
    const loaded = createMetrics({
      media: () => media,
      liveCalls: () => 0,
      eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
      load: () => ({ projectedLateness: 25, waiting: 3 }),
      unrecorded: () => 1_500,
      process: false,
    });
    const undo = observeCalls(registry, loaded);
    registry.events.emit("refused", { reason: "lateness", offered: "queue" });
    registry.events.emit("queue-left", { outcome: "hung-up" });
    const text = await loaded.registry.metrics();
    for (const sample of [
      "earshot_event_loop_projected_delay_seconds 0.025",
      "earshot_callers_waiting 3",
      "earshot_unrecorded_seconds_total 1.5",
      'earshot_calls_refused_total{reason="lateness",offered="queue"} 1',
      'earshot_queue_left_total{outcome="hung-up"} 1',
    ])
      expect(text).toContain(sample);
    undo();
  });

  it("does not wait for a store that does not answer", async () => {
    const waiting = createMetrics({
      media: () => media,
      liveCalls: () => 0,
      eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
      deliveries: () => new Promise(() => {}),
      process: false,
    });
    expect(await waiting.registry.metrics()).toContain("earshot_calls_active 0");
  });

  it("follows a call from its first ring to its end", async () => {
    observeCalls(registry, metrics);
    ring(1);
    ring(2);
    clock.advanceTo(5_000);
    registry.answer(1);
    expect(await samples()).toContain("earshot_calls_active 2");
    clock.advanceTo(50_000);
    registry.end(1, "caller-hung-up");
    expect(await samples()).toEqual(
      expect.arrayContaining([
        "earshot_calls_active 1",
        'earshot_calls_started_total{direction="inbound"} 2',
        'earshot_calls_ended_total{reason="caller-hung-up"} 1',
        "earshot_call_duration_seconds_sum 45",
      ]),
    );
  });

  it("counts calls that change process, and neither as begun nor as ended", async () => {
    observeCalls(registry, metrics);
    ring(1);
    registry.move(1);
    registry.resume({ status: "answered", call: aCall({ sessionId: 2, sipCallId: "CA2" }) });
    expect((await samples()).filter((line) => /^earshot_calls_(moved|started|ended)/.test(line))).toEqual([
      'earshot_calls_started_total{direction="inbound"} 1',
      'earshot_calls_moved_total{direction="out"} 1',
      'earshot_calls_moved_total{direction="in"} 1',
    ]);
  });

  it("measures a turn by stage and its providers' first bytes", async () => {
    observeCalls(registry, metrics);
    ring(1);
    const stage = (
      at: number,
      name: "stt-final" | "llm-first-token" | "first-clause" | "tts-first-byte",
      provider?: string,
    ) => {
      clock.advanceTo(at);
      registry.publish(1, {
        type: "stage-reached",
        turn: 1,
        stage: name,
        ...(provider === undefined ? {} : { provider }),
      });
    };
    stage(1_300, "stt-final", "deepgram");
    clock.advanceTo(1_310);
    registry.publish(1, { type: "turn-committed", turn: 1, callerText: "hi", speechEndedAt: 1_000 });
    stage(1_510, "llm-first-token", "openai");
    stage(1_550, "first-clause");
    stage(1_650, "tts-first-byte", "elevenlabs");
    clock.advanceTo(1_660);
    registry.publish(1, { type: "stage-reached", turn: 1, stage: "first-audio-sent" });
    clock.advanceTo(1_900);
    registry.publish(1, { type: "stage-reached", turn: 1, stage: "first-audio-heard", heardFor: 100 });
    const heard = { text: "Hello.", final: true, interrupted: false, startedAt: 1_660 };
    registry.publish(1, { type: "agent-heard", turn: 1, ...heard });

    const sums = Object.fromEntries(
      (await samples())
        .filter((line) => line.includes("_seconds_sum{"))
        .map((line) => line.split(" ") as [string, string])
        .map(([name, sum]) => [name.replace(/^earshot_|_seconds_sum/g, ""), Math.round(Number(sum) * 1000)]),
    );
    expect(sums).toEqual({
      'turn_latency{stage="endpoint"}': 310,
      'turn_latency{stage="stt-final"}': 0,
      'turn_latency{stage="first-token"}': 200,
      'turn_latency{stage="first-clause"}': 40,
      'turn_latency{stage="first-byte"}': 100,
      'turn_latency{stage="sent"}': 10,
      'turn_latency{stage="heard"}': 140,
      'turn_latency{stage="total"}': 800,
      'provider_first_byte{port="stt",provider="deepgram"}': 300,
      'provider_first_byte{port="llm",provider="openai"}': 200,
      'provider_first_byte{port="tts",provider="elevenlabs"}': 100,
    });
  });

  it("measures no latency of a turn that nobody waited for", async () => {
    observeCalls(registry, metrics);
    ring(1);
    registry.publish(1, { type: "stage-reached", turn: 0, stage: "first-audio-sent" });
    registry.publish(1, { type: "stage-reached", turn: 0, stage: "first-audio-heard" });
    expect((await samples()).filter((line) => line.includes("turn_latency"))).toEqual([]);
  });

  it("counts what ended calls used and cost", async () => {
    registry = new CallRegistry({
      clock,
      maxCalls: 1,
      prices: {
        currency: "USD",
        telephonyPerMinute: 0.01,
        sttPerMinute: 0,
        llmInputPerMillion: 1,
        llmOutputPerMillion: 10,
        ttsPerMillionCharacters: 50,
      },
      onListenerError: (error) => expect.unreachable(String(error)),
    });
    observeCalls(registry, metrics);
    ring(1);
    registry.answer(1);
    const tokens = { input: 10_000, output: 1_000, estimated: false };
    registry.publish(1, { type: "model-used", provider: "openai", ...tokens });
    registry.publish(1, { type: "voice-used", provider: "elevenlabs", characters: 400 });
    clock.advanceTo(60_000);
    registry.end(1, "caller-hung-up");
    expect(await samples()).toEqual(
      expect.arrayContaining([
        'earshot_usage_seconds_total{kind="telephony"} 60',
        'earshot_usage_seconds_total{kind="stt"} 0',
        'earshot_usage_tokens_total{kind="input"} 10000',
        'earshot_usage_tokens_total{kind="output"} 1000',
        "earshot_usage_characters_total 400",
        'earshot_cost_total{kind="telephony"} 0.01',
        'earshot_cost_total{kind="llm"} 0.02',
        'earshot_cost_total{kind="tts"} 0.02',
      ]),
    );
  });

  it("counts what goes wrong and what the agent does", async () => {
    observeCalls(registry, metrics);
    ring(1);
    registry.publish(1, { type: "barge-in", turn: 1, speechStartedAt: 0 });
    registry.publish(1, { type: "turn-abandoned", turn: 1 });
    registry.publish(1, { type: "dead-air", cause: "reply-late" });
    registry.publish(1, { type: "tool-called", turn: 1, tool: "end_call", ok: true });
    registry.publish(1, {
      type: "provider-failed",
      port: "llm",
      provider: "openai",
      code: "PROVIDER_TIMEOUT",
      detail: "slow",
    });
    expect(await samples()).toEqual(
      expect.arrayContaining([
        "earshot_barge_ins_total 1",
        "earshot_turns_abandoned_total 1",
        'earshot_dead_air_total{cause="reply-late"} 1',
        'earshot_tool_calls_total{tool="end_call",ok="true"} 1',
        'earshot_provider_errors_total{port="llm",provider="openai",code="PROVIDER_TIMEOUT"} 1',
      ]),
    );
  });

  it("does not let invented tool names grow without end", async () => {
    observeCalls(registry, metrics);
    ring(1);
    for (let i = 0; i < 80; i++) {
      registry.publish(1, { type: "tool-called", turn: 1, tool: `tool_${i}`, ok: false });
    }
    const tools = (await samples()).filter((line) => line.startsWith("earshot_tool_calls_total"));
    expect(tools).toHaveLength(51);
    expect(tools).toContain('earshot_tool_calls_total{tool="other",ok="false"} 30');
  });

  it("stops observing when told", async () => {
    observeCalls(registry, metrics)();
    ring(1);
    expect((await samples()).filter((line) => line.startsWith("earshot_calls_started"))).toEqual([]);
  });

  it("gives the process's own metrics when asked", async () => {
    const own = createMetrics({
      media: () => media,
      liveCalls: () => 0,
      eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
      process: true,
    });
    expect(await own.registry.metrics()).toMatch(/process_resident_memory_bytes \d/);
    own.registry.clear();
  });
});

import { durationOf } from "../src/audio/audio-format.ts";
import { backchannelTable } from "./backchannels.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { interruptingFixtures, interruptingScripts, longReply, saying } from "./interruptions.ts";
import { metricValue } from "./metric-value.ts";
import { quantile } from "./quantiles.ts";
import { rehearse } from "./rehearsal.ts";
import type { RehearsalStep, RehearsedCallReport } from "./rehearsed-call.ts";
import { seededRandom } from "./seeded-random.ts";
import { type SpeechFixture, speechFixtures } from "./speech-fixture.ts";
import { GREETING } from "./systems.ts";

const CALLS = 16;
const EACH = 7;
const LIMIT = 110_000;
/** A short sound comes thrice into a greeting of twenty seconds, a long one once. Times in ms. */
const MOST_TIMES = 3;
const ROOM = 13_000;
const EARLIEST = 600;
const SPREAD = 900;

type Row = Table["rows"][number];

/** The caller's voice, and what is none, over the agent's speech. */
export async function bargeIn(options: BenchmarkOptions): Promise<readonly Table[]> {
  return [await interruptions(options), ...(await disturbances(options))];
}

/** How soon the agent falls silent when somebody really speaks. */
async function interruptions({ quick, progress }: BenchmarkOptions): Promise<Table> {
  const calls = quick ? 2 : CALLS;
  const each = quick ? 3 : EACH;
  progress(`barge-in: ${calls} callers interrupt ${each} times`);
  const { calls: reports, metrics } = await rehearse({
    greeting: GREETING,
    reply: (messages) => longReply(messages.filter(({ role }) => role === "user").length),
    scripts: interruptingScripts(calls, each, 3),
    limit: LIMIT,
  });
  const kinds = new Map(interruptingFixtures().map(({ name, kind }) => [name, kind]));
  const resumed = metricValue(metrics, "earshot_barge_ins_decided_total", 'outcome="resumed"');
  const exchanges = reports.flatMap(({ report }) =>
    report.exchanges.filter(({ interrupted }) => interrupted),
  );
  const rowOf = (speech: string, kind?: SpeechFixture["kind"]): Row => {
    const all = exchanges.filter(({ text = "" }) => kind === undefined || kinds.get(text) === kind);
    const latencies = all.flatMap(({ clearLatency }) => clearLatency ?? []);
    return {
      speech,
      interruptions: all.length,
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      slowest: quantile(latencies, 1),
      "slowest with": all.find(({ clearLatency }) => clearLatency === quantile(latencies, 1))?.text,
      "not noticed": all.length - latencies.length,
      "went on at first": kind === undefined ? resumed : undefined,
    };
  };
  return {
    title: "Barge-in: first caller speech over playback → `clear` at the phone, in ms",
    rows: [rowOf("clear voices", "utterance"), rowOf("quiet and noisy lines", "condition"), rowOf("all")],
    notes: [
      "Targets: p50 ≤ 80, p95 ≤ 120. Speech begins with the first frame of 20 ms whose level is a voice's.",
      "went on at first: the agent took the words for a cough before it understood them (of all its stops).",
    ],
  };
}

/** What becomes of the agent's speech when it is no interruption. */
async function disturbances({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const greeting = longReply(1);
  const sounds = speechFixtures("sound", "dtmf", "silence");
  const signs = speechFixtures("backchannel").filter((_, index) => !quick || index % 8 === 0);
  const random = seededRandom(11);
  progress(
    `barge-in: ${sounds.length} sounds and ${signs.length} signs of attention over the agent's speech`,
  );
  const { calls } = await rehearse({
    greeting,
    mayHangUp: true,
    reply: () => "Sure thing, I can help you with that.",
    scripts: [
      ...sounds.map((fixture) => {
        const times = Math.floor(ROOM / (durationOf(fixture.mulaw.length) + SPREAD));
        return overGreeting(fixture, Math.max(1, Math.min(MOST_TIMES, times)), random);
      }),
      ...signs.map((fixture) => overGreeting(fixture, 1, random)),
    ],
    limit: LIMIT,
  });
  return [
    soundTable(sounds, calls.slice(0, sounds.length), greeting),
    backchannelTable(calls.slice(sounds.length), greeting),
  ];
}

function overGreeting(fixture: SpeechFixture, times: number, random: () => number): readonly RehearsalStep[] {
  const said = Array.from({ length: times }, (): RehearsalStep => {
    const heard = Math.round(EARLIEST + random() * SPREAD);
    return {
      say: saying({ ...fixture, text: fixture.kind === "backchannel" ? fixture.text : "" }),
      cue: { when: "heard", heard },
    };
  });
  return [...said, { cue: { when: "agent-finished" } }];
}

function soundTable(
  sounds: readonly SpeechFixture[],
  calls: readonly RehearsedCallReport[],
  greeting: string,
): Table {
  const groups = Map.groupBy(
    calls.map((call, index) => ({ ...call, fixture: sounds[index] as SpeechFixture })),
    ({ fixture }) => (fixture.kind === "dtmf" ? "twelve keys' tones" : fixture.name),
  );
  const rows = [...groups].map(([sound, group]): Row => {
    const clears = group.map(({ arrivals }) => arrivals.filter(({ what }) => what === "clear").length);
    return {
      sound,
      played: group.reduce((sum, { report }) => sum + report.exchanges.length, 0) || undefined,
      "agent paused": clears.reduce((sum, count) => sum + count, 0),
      "false stops": group.filter(({ agentLines }) => agentLines[0] !== greeting).length,
      "hung up on": group.filter(({ report }) => report.ended.by !== "caller").length,
    };
  });
  return {
    title: "Sounds that are no speech, over the agent's speech",
    rows,
    notes: [
      "Target: no false stop, which is a turn cut short. A pause (`clear`, then on from the same word) is none; noise and breath should not even pause it.",
      "played: how often the sound came; none is counted where it holds nothing as loud as a voice.",
      "hung up on: the sound was taken for a caller who says nothing that is understood, and who is left after three attempts.",
    ],
  };
}

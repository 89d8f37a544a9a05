import { join } from "node:path";
import { pauseHeavy } from "../scripts/fixtures/catalogue.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { metricValue } from "./metric-value.ts";
import { quantile } from "./quantiles.ts";
import { type Rehearsed, rehearse } from "./rehearsal.ts";
import type { RehearsalStep, RehearsedCallReport } from "./rehearsed-call.ts";
import { type SpeechFixture, speechFixtures } from "./speech-fixture.ts";
import { GREETING } from "./systems.ts";

/** Silence of the agent after which a caller says the next sentence, in ms. */
const QUIET = 900;
/** Sentences in one call; as many calls as it takes. */
const SENTENCES = 2;
const LIMIT = 90_000;

const REPLY = "Sure thing, I can help you with that.";

interface Mode {
  readonly mode: string;
  /** The recogniser is fooled by pauses: it ends each part of a sentence with a full stop. */
  readonly fooled: boolean;
  readonly program?: string;
}

const MODES: readonly Mode[] = [
  { mode: "speculation on", fooled: false },
  {
    mode: "speculation off",
    fooled: false,
    program: join(import.meta.dirname, "gateway-without-speculation.ts"),
  },
  { mode: "on, recogniser fooled", fooled: true },
];

const KINDS = { "pause-heavy": "sentence with pauses of 700 ms", utterance: "ordinary question" } as const;

type Row = Table["rows"][number];

/**
 * What running ahead brings and costs: callers who pause in the middle of their sentences, and ordinary ones,
 * with and without it.
 */
export async function speculation({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const replies: Row[] = [];
  const guesses: Row[] = [];
  for (const { mode, fooled, program } of MODES) {
    const scripts = scriptsOf(quick ? 2 : 16, fooled);
    progress(`speculation: ${mode}, ${scripts.length} calls`);
    const rehearsed = await rehearse({
      greeting: GREETING,
      reply: () => REPLY,
      scripts,
      limit: LIMIT,
      ...(program !== undefined && { program }),
    });
    for (const kind of ["pause-heavy", "utterance"] as const)
      replies.push(replyRow(mode, kind, rehearsed.calls));
    guesses.push(guessRow(mode, rehearsed));
  }
  return [
    {
      title: "Speculation: last caller speech → first reply byte, in ms",
      rows: replies,
      notes: [
        "Targets: p50 / p95 ≤ 560 / 600 ms with speculation (stretch 480), no reply before the sentence is over.",
        "too early: sentences during which audio of an answer arrived, also when it was taken back.",
        "recogniser fooled: the worst case, a full stop at every pause. The words then say that the sentence is complete; it is not part of the target.",
      ],
    },
    {
      title: "What the guesses cost",
      rows: guesses,
      notes: [
        "Target: waste ≤ 30 % of all that the model began to answer. Tokens and characters are those of wasted guesses.",
        "taken back: accepted too early, and given up when the caller went on.",
      ],
    },
  ];
}

/** Pause-heavy sentences and ordinary questions by turns. */
function scriptsOf(each: number, fooled: boolean): readonly (readonly RehearsalStep[])[] {
  const hesitant = speechFixtures("pause-heavy").slice(0, each);
  const ordinary = speechFixtures("utterance")
    .filter(({ text }) => text.split(" ").length >= 3)
    .filter((_, index, all) => index % Math.max(1, Math.floor(all.length / each)) === 0);
  const said = hesitant.flatMap((fixture, index) => [
    fixture,
    ordinary[index % ordinary.length] as SpeechFixture,
  ]);
  const calls: RehearsalStep[][] = [];
  for (let from = 0; from < said.length; from += SENTENCES) {
    const cue = { when: "agent-finished", quiet: QUIET } as const;
    const steps = said
      .slice(from, from + SENTENCES)
      .map((fixture) => ({ say: saying(fixture, fooled), cue }));
    calls.push([...steps, { cue }]);
  }
  return calls;
}

/** A pause-heavy sentence is understood in parts, divided where the catalogue of fixtures has a bar. */
function saying(fixture: SpeechFixture, fooled: boolean): NonNullable<RehearsalStep["say"]> {
  if (fixture.kind !== "pause-heavy") return { ...fixture, texts: [fixture.text] };
  const marked = pauseHeavy.find((text) => text.replaceAll(" |", "") === fixture.text);
  const texts = marked?.split(" | ") ?? [];
  if (texts.length !== fixture.stretches.length)
    throw new Error(`${fixture.name} has ${fixture.stretches.length} parts, and ${texts.length} texts`);
  return { ...fixture, texts: fooled ? texts.map((text) => text.replace(/[,.?]?$/, ".")) : texts };
}

function replyRow(mode: string, kind: keyof typeof KINDS, calls: readonly RehearsedCallReport[]): Row {
  const names = new Set(speechFixtures(kind).map(({ name }) => name));
  const said = calls.flatMap(({ report, arrivals }) =>
    report.exchanges
      .filter(({ text = "" }) => names.has(text))
      .map((exchange) => ({
        ...exchange,
        tooEarly: arrivals.some(
          ({ at, what }) => what === "media" && at > exchange.voiceStart && at <= (exchange.voiceEnd ?? at),
        ),
      })),
  );
  const latencies = said.flatMap(({ replyLatency }) => replyLatency ?? []);
  return {
    mode,
    said: KINDS[kind],
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    sentences: said.length,
    answered: latencies.length,
    "too early": said.filter(({ early, tooEarly }) => early || tooEarly).length,
  };
}

function guessRow(mode: string, { metrics, calls }: Rehearsed): Row {
  const of = (name: string, outcome: string): number =>
    metricValue(metrics, `earshot_${name}_total`, `outcome="${outcome}"`);
  const wasted = of("speculations", "wasted");
  const accepted = of("speculations", "accepted");
  const answers = calls.reduce((sum, { report }) => sum + report.exchanges.length, 0);
  const takenBack = Math.max(0, accepted - answers);
  return {
    mode,
    accepted,
    wasted,
    "asked at the end": Math.max(0, answers - accepted),
    "taken back": takenBack,
    "waste (%)": (100 * (wasted + takenBack)) / (wasted + Math.max(accepted, answers)),
    "wasted tokens": of("speculated_tokens", "wasted"),
    "wasted characters": of("speculated_characters", "wasted"),
  };
}

import { BYTES_PER_MS } from "../src/audio/audio-format.ts";
import { BuzzVoice } from "../src/simulation/stand-ins/elevenlabs-voice.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { begins, wordCount, wordsHeard } from "./heard-truth.ts";
import { interruptingScripts, longReply } from "./interruptions.ts";
import { quantile } from "./quantiles.ts";
import { rehearse } from "./rehearsal.ts";
import { CHARACTERS_PER_SECOND } from "./rehearsal-stand-ins.ts";
import type { RehearsedCallReport } from "./rehearsed-call.ts";
import { resumedFrom, type Spoken } from "./resumption.ts";
import { GREETING } from "./systems.ts";

const CALLS = 12;
const EACH = 7;
const LIMIT = 110_000;
/** Of the network, each way, in ms. */
const DELAYS = [0, 80];

/** One interrupted reply: how many words were heard, and how many the transcript says were. */
interface Interruption {
  readonly heard: number;
  readonly told: number;
}

/**
 * Interrupts replies at random places and compares the transcript with what the phone had really played by the
 * time at which the `clear` arrived.
 */
export async function asHeard({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const calls = quick ? 2 : CALLS;
  const each = quick ? 3 : EACH;
  const rows: Table["rows"][number][] = [];
  for (const delay of DELAYS) {
    progress(`as-heard: ${delay} ms of network each way, ${calls} calls`);
    const { calls: reports } = await rehearse({
      greeting: GREETING,
      reply: (messages) => longReply(messages.filter(({ role }) => role === "user").length),
      scripts: interruptingScripts(calls, each, 7 + delay),
      limit: LIMIT,
      delay,
    });
    rows.push(rowOf(delay, calls * each, reports));
  }
  return [
    {
      title: "As heard: words in the transcript against words really played, at an interruption",
      rows,
      notes: [
        "Target: within one word in ≥ 95 %. Error in words; a word cut in half counts one half of the truth; below zero: the transcript has fewer.",
        "unclear: the reply was not interrupted, or what was played was not the beginning of one reply.",
      ],
    },
  ];
}

function rowOf(delay: number, asked: number, reports: readonly RehearsedCallReport[]): Table["rows"][number] {
  const interruptions = reports.flatMap(interruptionsOf);
  const errors = interruptions.map(({ told, heard }) => told - heard);
  const within = errors.filter((error) => Math.abs(error) <= 1).length;
  if (errors.length === 0) throw new Error("No interrupted reply could be compared");
  return {
    "network (ms)": delay,
    interruptions: errors.length,
    "within 1 word (%)": (100 * within) / errors.length,
    "error p5": quantile(errors, 0.05),
    "error p50": quantile(errors, 0.5),
    "error p95": quantile(errors, 0.95),
    worst: Math.max(...errors.map(Math.abs)),
    unclear: asked - errors.length,
  };
}

/**
 * The replies that were cut short, by the phone's recording and by the transcript. A reply that went on after a
 * `clear` counts with what was heard of it in the end.
 */
function interruptionsOf({ report, arrivals, agentLines }: RehearsedCallReport): readonly Interruption[] {
  const clears = arrivals.filter(({ what }) => what === "clear").map(({ at }) => at);
  const pieces = report.recording?.agent ?? [];
  const cut: { readonly reply: Spoken; heard: number }[] = [];
  let from = report.exchanges[0]?.voiceEnd ?? 0;
  for (const clear of clears) {
    const sound = Buffer.concat(
      pieces.filter(({ start }) => start >= from && start < clear).map(({ mulaw }) => mulaw),
    );
    from = clear;
    if (sound.length < SHORTEST) continue;
    const last = cut.at(-1);
    const reply = REPLIES.find(({ audio }) => begins(audio, sound));
    const on = last && resumedFrom(last.reply, sound, last.heard);
    if (reply !== undefined) cut.push({ reply, heard: sound.length });
    else if (last !== undefined && on !== undefined) last.heard = on + sound.length;
  }
  const lines = [...agentLines];
  return cut.map(({ reply, heard }) => {
    const index = lines.findIndex((text) => text !== "" && reply.text.startsWith(text));
    const [line = ""] = index < 0 ? [] : lines.splice(index, 1);
    return { heard: wordsHeard(reply.text, heard / reply.bytesPerCharacter), told: wordCount(line) };
  });
}

const voice = new BuzzVoice(CHARACTERS_PER_SECOND);
/** With less, in bytes, it is not certain which reply it is: they differ in their first letters. */
const SHORTEST = 300 * BYTES_PER_MS;
const REPLIES: readonly Spoken[] = Array.from({ length: EACH + 1 }, (_, turn) => {
  const text = longReply(turn + 1);
  return { text, audio: voice.say(Array.from(text)), bytesPerCharacter: voice.bytesPerCharacter };
});

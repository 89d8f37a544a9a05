import { BYTES_PER_MS } from "../src/audio/audio-format.ts";
import { BuzzVoice } from "../src/simulation/stand-ins/elevenlabs-voice.ts";
import type { Table } from "./benchmark.ts";
import { quantile } from "./quantiles.ts";
import { CHARACTERS_PER_SECOND } from "./rehearsal-stand-ins.ts";
import type { RehearsedCallReport } from "./rehearsed-call.ts";
import { resumedFrom, type Spoken } from "./resumption.ts";

/** A voice may be given spaces behind the last word, which are silence. */
const TRAILING = "    ";

/** What came of one sign of attention over the agent's speech. */
interface Attention {
  readonly stopped: boolean;
  /** The speech was given up: an interruption that was none. */
  readonly truncated: boolean;
  /** Silence at the ear, in ms. */
  readonly silence: number | undefined;
  /** From the recogniser's final words to the next audio, in ms. */
  readonly decided: number | undefined;
  /** Repeated from the start of the word, in ms. */
  readonly repeated: number | undefined;
  /** Every sample of the speech was heard, in order. */
  readonly whole: boolean;
}

/** @param greeting what the agent was saying in these calls, one sign of attention in each. */
export function backchannelTable(calls: readonly RehearsedCallReport[], greeting: string): Table {
  const voice = new BuzzVoice(CHARACTERS_PER_SECOND);
  const spoken: Spoken = {
    text: greeting,
    audio: voice.say(Array.from(greeting + TRAILING)),
    bytesPerCharacter: voice.bytesPerCharacter,
  };
  const all = calls.map((call) => attentionOf(call, spoken));
  const known = (values: readonly (number | undefined)[]): number[] => values.flatMap((value) => value ?? []);
  const decided = known(all.map((one) => one.decided));
  const silence = known(all.map((one) => one.silence));
  const repeated = known(all.map((one) => one.repeated));
  return {
    title: "Signs of attention (“mm-hm”, “okay”) over the agent's speech, times in ms",
    rows: [
      {
        said: all.length,
        "agent paused": all.filter(({ stopped }) => stopped).length,
        truncated: all.filter(({ truncated }) => truncated).length,
        "words lost": all.filter(({ whole }) => !whole).length,
        "decision → audio p50": quantile(decided, 0.5),
        "decision → audio p95": quantile(decided, 0.95),
        "silence p50": quantile(silence, 0.5),
        "silence p95": quantile(silence, 0.95),
        "repeated p50": quantile(repeated, 0.5),
        "repeated max": quantile(repeated, 1),
      },
    ],
    notes: [
      "Targets: none truncated, no word lost, audio ≤ 300 ms after the decision, which is the recogniser's final words.",
      "words lost: the phone's recording is not the whole speech, begun again at the start of the word that was cut.",
    ],
  };
}

function attentionOf(
  { report, arrivals, agentLines, finals, origin }: RehearsedCallReport,
  spoken: Spoken,
): Attention {
  const clears = arrivals.filter(({ what }) => what === "clear").map(({ at }) => at);
  const [clear] = clears;
  const next = arrivals.find(({ at, what }) => what === "media" && clear !== undefined && at > clear)?.at;
  const final = finals.findLast(
    ({ sentAt }) =>
      clear !== undefined && next !== undefined && sentAt > origin + clear && sentAt <= origin + next,
  );
  const pieces = report.recording?.agent ?? [];
  let heard = 0;
  let repeated: number | undefined;
  let whole = true;
  for (const [index, from] of [Number.NEGATIVE_INFINITY, ...clears].entries()) {
    const until = clears[index] ?? Number.POSITIVE_INFINITY;
    const sound = Buffer.concat(
      pieces.filter(({ start }) => start >= from && start < until).map(({ mulaw }) => mulaw),
    );
    if (sound.length === 0) continue;
    const begun = resumedFrom(spoken, sound, heard);
    if (begun === undefined) {
      whole = false;
      break;
    }
    if (index > 0) repeated = Math.max(0, heard - begun) / BYTES_PER_MS;
    heard = begun + sound.length;
  }
  return {
    stopped: clear !== undefined,
    truncated: agentLines[0] !== spoken.text,
    silence: next === undefined || clear === undefined ? undefined : next - clear,
    decided: final === undefined || next === undefined ? undefined : origin + next - final.sentAt,
    repeated,
    whole: whole && heard >= spoken.text.length * spoken.bytesPerCharacter,
  };
}

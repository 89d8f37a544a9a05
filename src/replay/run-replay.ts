import { parseArgs } from "node:util";
import type { VoiceActivityFactory } from "../audio/voice-activity.ts";
import { readJournal, writeJournal } from "../journal/read-journal.ts";
import { GatewayError } from "../runtime/errors.ts";
import { firstDifference, LATE_TIMERS } from "./compare-decisions.ts";
import { maskedJournal } from "./masked-journal.ts";
import { replayCall } from "./replay-call.ts";
import { asJson, asLines } from "./replay-report.ts";
import { readSettings } from "./replay-settings.ts";

export const replayHelp = `Runs a call's journal through the real pipeline on a clock of its own, and compares every decision.

  npm run replay -- JOURNAL.jsonl.gz [options]

  --set NAME=VALUE   a bound of turn-taking that is to be different, such as endpoint.min=300; may be repeated
  --mask FILE        writes a copy without what was said, which replays to the same decisions
  --json             prints the turns as JSON
  --help             prints this

Ends with 0; with 1 when a replay without --set is not the call that it was, or with one line that says what is wrong.
`;

export interface RunReplayOptions {
  readonly argv: readonly string[];
  readonly read: (path: string) => Uint8Array;
  readonly write: (path: string, file: Uint8Array) => void;
  readonly voiceActivity: VoiceActivityFactory;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** The command; answers its exit code. */
export async function runReplay(options: RunReplayOptions): Promise<0 | 1> {
  try {
    return await replay(options);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    options.complain(error.message);
    return 1;
  }
}

async function replay({ argv, read, write, voiceActivity, print }: RunReplayOptions): Promise<0 | 1> {
  const { values, positionals } = parsed(argv);
  if (values.help === true) {
    print(replayHelp.trimEnd());
    return 0;
  }
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0)
    throw refusal("Give one journal: npm run replay -- data/journals/1.jsonl.gz");
  const journal = readJournal(file(read, path));
  const { header, trailer } = journal;
  if (values.mask !== undefined) {
    write(values.mask, writeJournal(await maskedJournal(journal, voiceActivity)));
    print(`masked: ${values.mask}`);
    return 0;
  }
  const changes = values.set ?? [];
  const is = await replayCall(journal, {
    voiceActivity,
    ...(changes.length > 0 && { turnTaking: readSettings(changes, header.profile.turnTaking) }),
  });
  const tolerance = header.clock === "manual" ? 0 : LATE_TIMERS;
  const difference = firstDifference(trailer.decisions, is, tolerance);
  const findings = { was: trailer.decisions, is, difference };
  if (values.json === true) print(asJson(findings));
  else for (const line of asLines(findings)) print(line);
  return difference !== undefined && changes.length === 0 ? 1 : 0;
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        set: { type: "string", multiple: true },
        mask: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw refusal(`${(error as Error).message} (--help tells the options)`, error);
  }
}

function file(read: (path: string) => Uint8Array, path: string): Uint8Array {
  try {
    return read(path);
  } catch (error) {
    throw refusal(`${path} cannot be read: ${(error as Error).message}`, error);
  }
}

function refusal(message: string, cause?: unknown): GatewayError {
  return new GatewayError("BAD_REQUEST", message, { cause });
}

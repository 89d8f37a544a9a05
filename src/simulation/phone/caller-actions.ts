import { readFile } from "node:fs/promises";
import { encodeMulaw } from "../../audio/mulaw.ts";
import { resampleTo8k } from "../../audio/resample.ts";
import { readWav } from "../../audio/wav.ts";
import { GatewayError } from "../../runtime/errors.ts";
import type { CallerAction } from "./call-arguments.ts";
import type { CallerScript, CallerStep, Cue } from "./caller-script.ts";

/** Says a text: μ-law, 8 kHz. */
export type Speak = (text: string) => Promise<Uint8Array>;

const DEFAULT_QUESTION = "What are your opening hours?";

/**
 * The script of the command line's actions, ended by hanging up.
 * @throws GatewayError `BAD_REQUEST` when a recording cannot be read, with the file and the reason.
 */
export async function scriptOf(actions: readonly CallerAction[], speak: Speak): Promise<CallerScript> {
  const steps: CallerStep[] = [];
  const given: readonly CallerAction[] =
    actions.length > 0 ? actions : [{ type: "say", text: DEFAULT_QUESTION }];
  for (const action of given) steps.push(await stepOf(action, speak));
  return [...steps, { type: "hang-up", cue: { when: "agent-finished" } }];
}

async function stepOf(action: CallerAction, speak: Speak): Promise<CallerStep> {
  const { interruptAfter } = action;
  const cue: Cue =
    interruptAfter === undefined ? { when: "agent-finished" } : { when: "heard", heard: interruptAfter };
  switch (action.type) {
    case "press":
      return { type: "press", digits: action.digits, cue };
    case "say":
      return { type: "say", audio: await speak(action.text), text: action.text, cue };
    case "audio":
      return { type: "say", audio: await readRecording(action.file), cue };
  }
}

async function readRecording(file: string): Promise<Uint8Array> {
  try {
    const { sampleRate, channels } = readWav(await readFile(file));
    const samples = channels[0] ?? new Int16Array(0);
    if (samples.length === 0) throw new RangeError("it holds no sound");
    return encodeMulaw(await resampleTo8k(samples, sampleRate));
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): GatewayError {
  const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  const reason = missing ? "there is no such file" : (cause as Error).message;
  return new GatewayError("BAD_REQUEST", `--audio ${file} cannot be read: ${reason}`, { cause });
}

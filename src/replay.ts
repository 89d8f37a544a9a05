import { readFileSync, writeFileSync } from "node:fs";
import { loadVoiceActivity } from "./audio/voice-activity.ts";
import { runReplay } from "./replay/run-replay.ts";

/** `npm run replay`: a call's journal, once more. */

process.exitCode = await runReplay({
  argv: process.argv.slice(2),
  read: (path) => readFileSync(path),
  write: (path, file) => writeFileSync(path, file, { mode: 0o600 }),
  voiceActivity: await loadVoiceActivity(),
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
});

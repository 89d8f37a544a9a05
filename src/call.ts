import { loadDotEnv } from "./config/dot-env.ts";
import type { TextToSpeech } from "./pipeline/text-to-speech.ts";
import { FliteTextToSpeech } from "./providers/embedded/flite-text-to-speech.ts";
import { systemClock } from "./runtime/clock.ts";
import { runCall } from "./simulation/phone/call.ts";

/** `npm run call`: the simulated phone with the embedded voice. It reads the same `.env` as the server. */

loadDotEnv();

const voices = new FliteTextToSpeech(systemClock);
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
process.exitCode = await runCall({
  argv: process.argv.slice(2),
  clock: systemClock,
  speak: (text) => spoken(voices, text),
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  signal: interrupted.signal,
});
await voices.close("done");

/** The whole text at once; the caller has another voice than the agent. */
async function spoken(voices: TextToSpeech, text: string): Promise<Uint8Array> {
  const connection = voices.open({ language: "en-US", voice: "slt" });
  const parts: Uint8Array[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const utterance = connection.speak((event) => {
        if (event.type === "audio") parts.push(event.mulaw);
        else if (event.type === "done") resolve();
        else reject(event.error);
      });
      utterance.write(text);
      utterance.end();
    });
  } finally {
    await connection.close();
  }
  return Buffer.concat(parts);
}

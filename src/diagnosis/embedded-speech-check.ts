import { durationOf, FRAME_BYTES, SILENCE } from "../audio/audio-format.ts";
import type { SpeechToText } from "../pipeline/speech-to-text.ts";
import type { TextToSpeech } from "../pipeline/text-to-speech.ts";
import type { Clock } from "../runtime/clock.ts";
import { asGatewayError } from "../runtime/errors.ts";
import { type Check, fail, ok, type Verdict } from "./check.ts";
import { withinLimit } from "./within-limit.ts";

export interface EmbeddedSpeechCheckOptions {
  readonly clock: Clock;
  readonly textToSpeech: TextToSpeech;
  readonly speechToText: SpeechToText;
  /** For speaking and understanding together, their first start included, in ms. */
  readonly limit: number;
}

const WORDS = "opening hours";
const LANGUAGE = "en-US";
const FIX = "install anew with npm ci; if it stays, run npm test and report what fails";
/** 600 ms before and after the words, so that the recogniser's gate sees where they begin and end. */
const PAUSE = new Uint8Array(30 * FRAME_BYTES).fill(SILENCE);

/** Whether the embedded voice speaks and the embedded recogniser understands it: both really run. */
export function embeddedSpeechCheck(options: EmbeddedSpeechCheckOptions): Check {
  const { clock, limit } = options;
  return {
    name: "Embedded speech",
    async run() {
      try {
        return await withinLimit(clock, limit, "Speaking and understanding", (signal) =>
          talk(options, signal),
        );
      } catch (error) {
        return fail(asGatewayError(error, "PROVIDER_UNAVAILABLE").message, FIX);
      }
    },
  };
}

async function talk(options: EmbeddedSpeechCheckOptions, signal: AbortSignal): Promise<Verdict> {
  const speech = await spoken(options.textToSpeech, signal);
  if (speech.length === 0) return fail("the embedded voice makes no sound", FIX);
  const heard = await understood(options.speechToText, Buffer.concat([PAUSE, speech, PAUSE]), signal);
  const said = `${Math.round(durationOf(speech.length))} ms of speech`;
  if (heard.endsWith(WORDS)) return ok(`the voice says "${WORDS}" in ${said}, and the recogniser hears it`);
  return fail(`of ${said}, "${WORDS}", the recogniser hears "${heard}"`, FIX);
}

async function spoken(textToSpeech: TextToSpeech, signal: AbortSignal): Promise<Uint8Array> {
  const connection = textToSpeech.open({ language: LANGUAGE });
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  const parts: Uint8Array[] = [];
  const utterance = connection.speak((event) => {
    if (event.type === "audio") parts.push(event.mulaw);
    else if (event.type === "done") resolve(Buffer.concat(parts));
    else reject(event.error);
  });
  utterance.write(WORDS);
  utterance.end();
  try {
    return await promise;
  } finally {
    await connection.close();
  }
}

async function understood(
  speechToText: SpeechToText,
  mulaw: Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  const ready = Promise.withResolvers<void>();
  const stream = speechToText.open({ language: LANGUAGE }, (event) => {
    if (event.type === "ready") ready.resolve();
    else if (event.type === "final") resolve(event.text);
    else if (event.type === "failed") reject(event.error);
  });
  stream.hint([WORDS]);
  try {
    await Promise.race([ready.promise, promise]);
    for (let at = 0; at < mulaw.length; at += FRAME_BYTES) stream.push(mulaw.subarray(at, at + FRAME_BYTES));
    stream.finalize();
    return await promise;
  } finally {
    await stream.close();
  }
}

import { SILENCE } from "../../src/audio/audio-format.ts";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import { EmbeddedSpeechToText } from "../../src/providers/embedded/embedded-speech-to-text.ts";
import { RecogniserEngine } from "../../src/providers/embedded/recogniser-engine.ts";
import { inlineRecogniser } from "../../src/providers/embedded/recogniser-link.ts";
import { systemClock } from "../../src/runtime/clock.ts";

/** What a recogniser makes of the sound, when it has these phrases (of up to eight words) to choose from. */
export async function recognised(mulaw: Uint8Array, phrases: readonly string[]): Promise<string[]> {
  const engine = await RecogniserEngine.load();
  const link = inlineRecogniser(engine);
  const recogniser = new EmbeddedSpeechToText(systemClock, await loadVoiceActivity(), { link });
  const heard: string[] = [];
  const stream = recogniser.open({ language: "en-US" }, (event) => {
    if (event.type === "final" && event.text !== "") heard.push(event.text);
  });
  stream.hint(phrases);
  stream.push(mulaw);
  stream.push(new Uint8Array(8000).fill(SILENCE));
  stream.finalize();
  await recogniser.close("test");
  await engine.settled();
  return heard;
}

import { describe, expect, it } from "vitest";
import { embeddedSpeechCheck } from "../../../src/diagnosis/embedded-speech-check.ts";
import type { SpeechToText } from "../../../src/pipeline/speech-to-text.ts";
import type { TextToSpeech } from "../../../src/pipeline/text-to-speech.ts";
import { scriptedSpeechToText } from "../../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../../src/providers/scripted/scripted-text-to-speech.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

const down = new GatewayError("PROVIDER_UNAVAILABLE", "the thread ended");
const clock = new ManualClock();
const humming = scriptedTextToSpeech({ clock });

/** A recogniser that is ready at once and asked only by `finalize`. */
function hearing(words: string): SpeechToText {
  const scripted = scriptedSpeechToText({ words: () => words, endpoint: 0 });
  return {
    ...scripted,
    open(options, listener) {
      const stream = scripted.open(options, listener);
      queueMicrotask(() => listener({ type: "ready" }));
      return stream;
    },
  };
}

function check(textToSpeech: TextToSpeech, speechToText: SpeechToText, at = clock) {
  return embeddedSpeechCheck({ clock: at, textToSpeech, speechToText, limit: 1_000 }).run();
}

describe("embeddedSpeechCheck", () => {
  it("is content when the recogniser hears what the voice says", async () => {
    expect(await check(humming, hearing("the opening hours"))).toMatchObject({ outcome: "ok" });
  });

  it("says what was heard instead", async () => {
    expect(await check(humming, hearing("eight"))).toMatchObject({
      outcome: "fail",
      wrong: expect.stringContaining('hears "eight"'),
    });
  });

  it("tells a mute voice", async () => {
    const mute = scriptedTextToSpeech({ clock, perCharacter: 0 });
    expect(await check(mute, hearing(""))).toMatchObject({ wrong: "the embedded voice makes no sound" });
  });

  it("tells a voice or a recogniser that fails", async () => {
    const hoarse: TextToSpeech = {
      name: "hoarse",
      open: () => ({
        speak(listener) {
          queueMicrotask(() => listener({ type: "failed", error: down }));
          return { write: () => {}, flush: () => {}, end: () => {}, cancel: () => {} };
        },
        close: async () => {},
      }),
    };
    expect(await check(hoarse, hearing(""))).toMatchObject({ outcome: "fail", wrong: "the thread ended" });
    const deaf: SpeechToText = {
      name: "deaf",
      endpoints: "none",
      punctuates: false,
      open(_, listener) {
        queueMicrotask(() => listener({ type: "failed", error: down }));
        return { push: () => {}, finalize: () => {}, hint: () => {}, close: async () => {} };
      },
    };
    expect(await check(humming, deaf)).toMatchObject({ outcome: "fail", wrong: "the thread ended" });
  });

  it("does not wait for ever, and closes what it opened", async () => {
    const late = new ManualClock();
    let closed = 0;
    const silent: SpeechToText = {
      name: "silent",
      endpoints: "none",
      punctuates: false,
      open: () => ({ push: () => {}, finalize: () => {}, hint: () => {}, close: async () => void closed++ }),
    };
    const verdict = check(humming, silent, late);
    await late.settleTo(1_000);
    expect(await verdict).toMatchObject({ outcome: "fail", wrong: expect.stringContaining("1000 ms") });
    expect(closed).toBe(1);
  });
});

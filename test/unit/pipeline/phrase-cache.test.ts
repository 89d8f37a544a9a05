import { describe, expect, it } from "vitest";
import { PhraseCache } from "../../../src/pipeline/phrase-cache.ts";
import type { SpeechEvent, VoiceConnection } from "../../../src/pipeline/text-to-speech.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";

/** A voice that speaks when the test says so. */
function voice() {
  const utterances: ((event: SpeechEvent) => void)[] = [];
  const connection: VoiceConnection = {
    speak: (listener) => {
      utterances.push(listener);
      return { write() {}, flush() {}, end() {}, cancel() {} };
    },
    close: async () => {},
  };
  return { connection, utterances };
}

const audio = (bytes: number): SpeechEvent => ({ type: "audio", mulaw: new Uint8Array(bytes) });
const done: SpeechEvent = { type: "done" };

describe("the phrase cache", () => {
  it("speaks a phrase once and plays it from then on", () => {
    const cache = new PhraseCache();
    const { connection, utterances } = voice();
    cache.recording("v", "Hello.", connection);
    for (const event of [audio(10), audio(20), done]) utterances[0]?.(event);
    const heard: SpeechEvent[] = [];
    cache.recording("v", "Hello.", connection).play((event) => heard.push(event));
    expect(utterances).toHaveLength(1);
    expect(heard).toEqual([audio(10), audio(20), done]);
  });

  it("plays what is there, then what comes, to a call that waits for it", () => {
    const cache = new PhraseCache();
    const { connection, utterances } = voice();
    const recording = cache.recording("v", "Hello.", connection);
    utterances[0]?.(audio(10));
    const heard: SpeechEvent[] = [];
    recording.play((event) => heard.push(event));
    utterances[0]?.(audio(20));
    utterances[0]?.(done);
    expect(heard).toEqual([audio(10), audio(20), done]);
  });

  it("plays what was spoken in a voice that stood in, and does not keep it", () => {
    const cache = new PhraseCache();
    const { connection, utterances } = voice();
    const heard: SpeechEvent[] = [];
    cache.recording("v", "Hello.", connection).play((event) => heard.push(event));
    utterances[0]?.(audio(10));
    utterances[0]?.({ type: "done", makeshift: true });
    expect(heard).toHaveLength(2);
    cache.recording("v", "Hello.", connection);
    expect(utterances).toHaveLength(2);
  });

  it("plays nothing more after cancel, and keeps the recording all the same", () => {
    const cache = new PhraseCache();
    const { connection, utterances } = voice();
    const heard: SpeechEvent[] = [];
    cache
      .recording("v", "Hello.", connection)
      .play((event) => heard.push(event))
      .cancel();
    utterances[0]?.(audio(10));
    utterances[0]?.(done);
    expect(heard).toEqual([]);
    cache.recording("v", "Hello.", connection);
    expect(utterances).toHaveLength(1);
  });

  it("does not keep what failed, nor confuse voices and words", () => {
    const cache = new PhraseCache();
    const { connection, utterances } = voice();
    cache.recording("v", "Hello.", connection);
    utterances[0]?.({ type: "failed", error: new GatewayError("PROVIDER_TIMEOUT", "late") });
    cache.recording("v", "Hello.", connection);
    cache.recording("w", "Hello.", connection);
    cache.recording("v", "Goodbye.", connection);
    expect(utterances).toHaveLength(4);
  });

  it("is bounded: the phrase used longest ago is spoken anew", () => {
    const cache = new PhraseCache();
    const { connection, utterances } = voice();
    const speak = (text: string) => {
      const before = utterances.length;
      cache.recording("v", text, connection);
      if (utterances.length === before) return;
      utterances.at(-1)?.(audio(3 * 1024 * 1024));
      utterances.at(-1)?.(done);
    };
    for (const text of ["a", "b", "a", "c"]) speak(text);
    expect(utterances).toHaveLength(3);
    speak("a");
    expect(utterances).toHaveLength(3);
    speak("b");
    expect(utterances).toHaveLength(4);
  });
});

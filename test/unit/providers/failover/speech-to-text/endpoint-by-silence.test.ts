import { describe, expect, it } from "vitest";
import { SILENCE } from "../../../../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../../../../src/audio/mulaw.ts";
import type { TranscriptEvent, TranscriptionStream } from "../../../../../src/pipeline/speech-to-text.ts";
import { endpointBySilence } from "../../../../../src/providers/failover/speech-to-text/endpoint-by-silence.ts";
import { scriptedSpeechToText } from "../../../../../src/providers/scripted/scripted-speech-to-text.ts";
import { clicks, voice } from "../../../audio/signals.ts";

const speech = (ms: number): Uint8Array => encodeMulaw(voice(ms, -20));
const pause = (ms: number): Uint8Array => new Uint8Array(ms * 8).fill(SILENCE);

function opened(words: readonly string[]) {
  const provider = scriptedSpeechToText({ words: (utterance) => words[utterance - 1] ?? "", endpoint: 0 });
  const told: string[] = [];
  const heard = (event: TranscriptEvent): void => {
    if (event.type !== "interim") told.push("text" in event ? `${event.type} ${event.text}` : event.type);
  };
  const list = endpointBySilence(provider);
  return { list, told, stream: list.open({ language: "en-US" }, heard) };
}

/** A recogniser that answers `finalize` only when told to. */
function slow() {
  const told: string[] = [];
  let finalized = 0;
  let tell: (event: TranscriptEvent) => void = () => {};
  const stream: TranscriptionStream = {
    push: () => {},
    finalize: () => void finalized++,
    hint: () => {},
    close: async () => {},
  };
  const list = endpointBySilence({
    name: "slow",
    endpoints: "none",
    punctuates: false,
    open: (_, listener) => {
      tell = listener;
      return stream;
    },
  });
  const open = list.open({ language: "en-US" }, (event) => told.push(event.type));
  return { told, finalized: () => finalized, stream: open, tell: (event: TranscriptEvent) => tell(event) };
}

describe("endpointBySilence", () => {
  it("asks for the final words after 500 ms of silence and ends the utterance with them", () => {
    const { list, told, stream } = opened(["my heating", "is broken"]);
    expect([list.name, list.endpoints]).toEqual(["scripted", "silence"]);
    stream.push(pause(200));
    stream.push(speech(600));
    stream.push(pause(480));
    expect(told).toEqual([]);
    stream.push(pause(40));
    expect(told).toEqual(["final my heating", "endpoint"]);
    stream.push(pause(2_000));
    stream.push(speech(600));
    stream.push(pause(600));
    expect(told).toEqual(["final my heating", "endpoint", "final is broken", "endpoint"]);
  });

  it("waits through shorter pauses", () => {
    const { told, stream } = opened(["my heating is broken"]);
    for (let part = 0; part < 3; part++) {
      stream.push(speech(400));
      stream.push(pause(400));
    }
    expect(told).toEqual([]);
  });

  it("asks for nothing after a click, and ends nothing where there were no words", () => {
    const { finalized, stream, told, tell } = slow();
    stream.push(encodeMulaw(clicks(1)));
    stream.push(pause(1_000));
    expect(finalized()).toBe(0);
    stream.push(speech(400));
    stream.push(pause(600));
    expect(finalized()).toBe(1);
    tell({ type: "final", text: "", confidence: 0 });
    expect(told).toEqual(["final"]);
  });

  it("ends an utterance whose words were final before the pause", () => {
    const { stream, told, tell } = slow();
    stream.push(speech(400));
    tell({ type: "final", text: "yes", confidence: 1 });
    stream.push(pause(600));
    tell({ type: "final", text: "", confidence: 0 });
    expect(told).toEqual(["final", "final", "endpoint"]);
  });

  it("does not end it when the caller has gone on before the final words came", () => {
    const { stream, told, tell } = slow();
    stream.push(speech(400));
    stream.push(pause(600));
    stream.push(speech(400));
    tell({ type: "final", text: "my", confidence: 1 });
    expect(told).toEqual(["final"]);
    stream.push(pause(600));
    tell({ type: "final", text: "heating", confidence: 1 });
    expect(told).toEqual(["final", "final", "endpoint"]);
  });

  it("passes on the rest", async () => {
    const done: unknown[] = [];
    const list = endpointBySilence({
      name: "a",
      endpoints: "none",
      punctuates: false,
      open: (options) => {
        done.push(options.language);
        return {
          push: (mulaw) => done.push(mulaw.length),
          finalize: () => done.push("finalize"),
          hint: (phrases) => done.push(phrases),
          close: async () => void done.push("close"),
        };
      },
    });
    const stream = list.open({ language: "en-GB" }, () => {});
    stream.push(pause(10));
    stream.finalize();
    stream.hint(["yes"]);
    await stream.close();
    expect(done).toEqual(["en-GB", 80, "finalize", ["yes"], "close"]);
  });
});

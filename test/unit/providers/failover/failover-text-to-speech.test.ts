import { describe, expect, it } from "vitest";
import type { SpeechEvent, TextToSpeech, Utterance } from "../../../../src/pipeline/text-to-speech.ts";
import { failoverTextToSpeech } from "../../../../src/providers/failover/failover-text-to-speech.ts";
import { scriptedTextToSpeech } from "../../../../src/providers/scripted/scripted-text-to-speech.ts";
import { CircuitBreakers } from "../../../../src/runtime/circuit-breakers.ts";
import { GatewayError } from "../../../../src/runtime/errors.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";

const down = new GatewayError("PROVIDER_UNAVAILABLE", "down");
const failed: SpeechEvent = { type: "failed", error: down };

/** What happened at a provider, in order; writes as they came. */
type Log = string[];

interface WatchedVoice extends TextToSpeech {
  readonly log: Log;
  /** Tells the listener of the utterance begun last. */
  tell(event: SpeechEvent): void;
}

/** A scripted voice that fails at a step (`"speak"`, `"write"`, `"flush"`, `"end"`) before it makes any sound. */
function voice(clock: ManualClock, name: string, failsAt?: string): WatchedVoice {
  const log: Log = [];
  const hum = scriptedTextToSpeech({ clock, firstByte: 100, perCharacter: 10 });
  let tell: (event: SpeechEvent) => void = () => {};
  const speak = (begin: (listener: (event: SpeechEvent) => void) => Utterance): typeof begin => {
    return (listener) => {
      tell = listener;
      const utterance = begin(listener);
      const step = (what: string, run: () => void): void => {
        log.push(what);
        if (failsAt !== undefined && what.startsWith(failsAt)) listener(failed);
        else run();
      };
      step("speak", () => {});
      return {
        write: (text) => step(`write ${text}`, () => utterance.write(text)),
        flush: () => step("flush", () => utterance.flush()),
        end: () => step("end", () => utterance.end()),
        cancel: () => step("cancel", () => utterance.cancel()),
      };
    };
  };
  return {
    name,
    log,
    tell: (event) => tell(event),
    open(options) {
      log.push(`open ${options.voice ?? ""}`);
      const connection = hum.open(options);
      return {
        speak: speak((listener) => connection.speak(listener)),
        close: async () => {
          log.push("close");
        },
      };
    },
  };
}

function listOf(...failsAt: (string | undefined)[]) {
  const clock = new ManualClock();
  const voices = failsAt.map((step, index) => voice(clock, "abc".charAt(index), step));
  const failures: string[] = [];
  const list = failoverTextToSpeech(voices, {
    onFailure: (provider, error) => failures.push(`${provider} ${error.message}`),
    breakers: new CircuitBreakers(new ManualClock()),
  });
  const connection = list.open({ language: "en-US", voice: "v" });
  const heard: string[] = [];
  const speak = (): Utterance =>
    connection.speak((event) => {
      if (event.type === "audio") heard.push(event.characters?.text ?? "?");
      else heard.push(event.type);
    });
  return { clock, voices, failures, list, connection, heard, speak };
}

/** "Sure. I can help." in two parts. */
function say(utterance: Utterance): void {
  utterance.write("Sure. ");
  utterance.flush();
  utterance.write("I can ");
  utterance.write("help.");
  utterance.end();
}

const script = ["write Sure. ", "flush", "write I can ", "write help.", "end"];

describe("failoverTextToSpeech", () => {
  it("is the provider itself when there is only one", () => {
    const only = voice(new ManualClock(), "a");
    expect(
      failoverTextToSpeech([only], { onFailure: () => {}, breakers: new CircuitBreakers(new ManualClock()) }),
    ).toBe(only);
  });

  it("has the first one's name, speaks with it and opens no other", () => {
    const { list, clock, voices, heard, failures, speak } = listOf(undefined, undefined);
    say(speak());
    clock.advanceTo(1_000);
    expect(list.name).toBe("a");
    expect(heard).toEqual(["Sure. ", "I can help.", "done"]);
    expect(voices[1]?.log).toEqual([]);
    expect(failures).toEqual([]);
  });

  it.each(["speak", "write", "flush", "end"])(
    "begins again with the next, flushes in place, when %s fails at once",
    (step) => {
      const { clock, voices, heard, failures, speak } = listOf(step, undefined);
      say(speak());
      clock.advanceTo(1_000);
      expect(voices[1]?.log).toEqual(["open v", "speak", ...script]);
      expect(heard).toEqual(["Sure. ", "I can help.", "done"]);
      expect(failures).toEqual(["a down"]);
    },
  );

  it("begins again when the failure comes later, and goes on with the words after it", () => {
    const { clock, voices, heard, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("Sure. ");
    utterance.flush();
    clock.advanceTo(50);
    voices[0]?.tell(failed);
    utterance.write("I can ");
    utterance.write("help.");
    utterance.end();
    clock.advanceTo(1_000);
    expect(voices[1]?.log).toEqual(["open v", "speak", ...script]);
    expect(heard).toEqual(["Sure. ", "I can help.", "done"]);
  });

  it("goes down the list, and lets the last one's failure through", () => {
    const { heard, failures, speak, clock } = listOf("speak", "end", "flush");
    say(speak());
    clock.advanceTo(1_000);
    expect(failures).toEqual(["a down", "b down"]);
    expect(heard).toEqual(["failed"]);
  });

  it("hears nothing more of a provider that failed", () => {
    const { clock, voices, heard, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("Hi.");
    voices[0]?.tell(failed);
    voices[0]?.tell({ type: "audio", mulaw: new Uint8Array(80) });
    voices[0]?.tell({ type: "done" });
    utterance.end();
    clock.advanceTo(1_000);
    expect(heard).toEqual(["Hi.", "done"]);
  });

  it("lets a failure through after the first audio", () => {
    const { clock, voices, heard, failures, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("Sure. ");
    utterance.flush();
    clock.advanceTo(100);
    voices[0]?.tell(failed);
    utterance.write("More.");
    utterance.end();
    clock.advanceTo(1_000);
    expect(heard).toEqual(["Sure. ", "failed"]);
    expect(failures).toEqual([]);
    expect(voices[1]?.log).toEqual([]);
  });

  it("keeps a bounded text for the next provider: beyond it a failure goes through", () => {
    const { voices, heard, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("x".repeat(20_001));
    voices[0]?.tell(failed);
    expect(heard).toEqual(["failed"]);
  });

  it("begins every utterance with the first, on the connections it has", () => {
    const { clock, voices, speak } = listOf("end", undefined);
    say(speak());
    clock.advanceTo(1_000);
    say(speak());
    clock.advanceTo(2_000);
    expect(voices.map(({ log }) => log.filter((what) => /open|speak/.test(what)))).toEqual([
      ["open v", "speak", "speak"],
      ["open v", "speak", "speak"],
    ]);
  });

  it("cancels the provider that speaks, and is silent from then on", () => {
    const { clock, voices, heard, speak } = listOf("speak", undefined);
    const utterance = speak();
    utterance.write("Sure. ");
    utterance.flush();
    utterance.cancel();
    voices[1]?.tell(failed);
    utterance.write("More.");
    clock.advanceTo(1_000);
    expect(heard).toEqual([]);
    expect(voices[1]?.log).toEqual(["open v", "speak", "write Sure. ", "flush", "cancel"]);
  });

  it("closes the connections it opened, drops what is being said, and opens no more", async () => {
    const { clock, voices, heard, connection, speak } = listOf(undefined, "speak", undefined);
    speak().write("Sure. ");
    await connection.close();
    voices[0]?.tell(failed);
    clock.advanceTo(1_000);
    expect(voices.map(({ log }) => log)).toEqual([
      ["open v", "speak", "write Sure. ", "cancel", "close"],
      [],
      [],
    ]);
    expect(heard).toEqual([]);
  });
});

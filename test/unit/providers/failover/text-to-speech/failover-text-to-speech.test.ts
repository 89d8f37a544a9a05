import { describe, expect, it } from "vitest";
import type { SpeechEvent, TextToSpeech, Utterance } from "../../../../../src/pipeline/text-to-speech.ts";
import { failoverTextToSpeech } from "../../../../../src/providers/failover/text-to-speech/failover-text-to-speech.ts";
import { scriptedTextToSpeech } from "../../../../../src/providers/scripted/scripted-text-to-speech.ts";
import { CircuitBreakers } from "../../../../../src/runtime/circuit-breakers.ts";
import { type ErrorCode, GatewayError } from "../../../../../src/runtime/errors.ts";
import { ManualClock } from "../../../../../src/runtime/manual-clock.ts";

const failedWith = (code: ErrorCode): SpeechEvent => ({
  type: "failed",
  error: new GatewayError(code, "down"),
});
/** Says nothing about the connection, so that the next voice is asked at once. */
const failed = failedWith("PROVIDER_RATE_LIMITED");
const connectionLost = failedWith("PROVIDER_UNAVAILABLE");

/** What happened at a provider, in order; writes as they came. */
type Log = string[];

interface WatchedVoice extends TextToSpeech {
  readonly log: Log;
  /** Tells the listener of the utterance begun last. */
  tell(event: SpeechEvent): void;
  /** From now on it makes no sound by itself. */
  mute(): void;
}

/** A scripted voice that fails at a step (`"speak"`, `"write"`, `"flush"`, `"end"`) before it makes any sound. */
function voice(clock: ManualClock, name: string, failsAt?: string): WatchedVoice {
  const log: Log = [];
  const hum = scriptedTextToSpeech({ clock, firstByte: 100, perCharacter: 10 });
  let tell: (event: SpeechEvent) => void = () => {};
  let muted = false;
  const speak = (begin: (listener: (event: SpeechEvent) => void) => Utterance): typeof begin => {
    return (listener) => {
      tell = listener;
      const utterance = begin((event) => {
        if (!muted) listener(event);
      });
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
    mute: () => {
      muted = true;
    },
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
  const breakers = new CircuitBreakers(clock);
  const list = failoverTextToSpeech(voices, {
    clock,
    firstByte: 1_000,
    onFailure: (provider, error) => failures.push(`${provider} ${error.code.replace("PROVIDER_", "")}`),
    breakers,
  });
  const connection = list.open({ language: "en-US", voice: "v" });
  const heard: string[] = [];
  const events: SpeechEvent[] = [];
  const speak = (): Utterance =>
    connection.speak((event) => {
      events.push(event);
      if (event.type === "audio") heard.push(event.characters?.text ?? "?");
      else heard.push(event.type === "done" && event.makeshift ? "done makeshift" : event.type);
    });
  return { clock, voices, failures, breakers, list, connection, heard, events, speak };
}

/** "Sure. I can help." in two parts. */
function say(utterance: Utterance): void {
  utterance.write("Sure. ");
  utterance.flush();
  utterance.write("I can ");
  utterance.write("help.");
  utterance.end();
}

/** The same as a voice gets it that is asked later. */
const script = ["write Sure. ", "flush", "write I can help.", "end"];

/** Sound of 10 ms a character with its times, the first beginning at `at` ms. */
function sound(text: string, at: number): SpeechEvent {
  const starts = Array.from(text, (_, index) => at + index * 10);
  const characters = { text, starts, end: at + text.length * 10 };
  return { type: "audio", mulaw: new Uint8Array(text.length * 80).fill(0x20), characters };
}

describe("failoverTextToSpeech", () => {
  it("has the first one's name, speaks with it and opens no other", () => {
    const { list, clock, voices, heard, failures, speak } = listOf(undefined, undefined);
    say(speak());
    clock.advanceTo(1_000);
    expect(list.name).toBe("a");
    expect(heard).toEqual(["Sure. ", "I can help.", "done"]);
    expect(voices[1]?.log).toEqual([]);
    expect(failures).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it.each(["speak", "write", "flush", "end"])(
    "begins again with the next, flushes in place, when %s fails at once",
    (step) => {
      const { clock, voices, heard, failures, speak } = listOf(step, undefined);
      say(speak());
      clock.advanceTo(1_000);
      const given = voices[1]?.log.filter((what) => !/^(open|speak)/.test(what)).join("|") ?? "";
      expect(given.replace("write I can |write help.", "write I can help.")).toBe(script.join("|"));
      expect(heard).toEqual(["Sure. ", "I can help.", "done makeshift"]);
      expect(failures).toEqual(["a RATE_LIMITED"]);
    },
  );

  it("goes on with the words that come after a failure", () => {
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
    expect(heard).toEqual(["Sure. ", "I can help.", "done makeshift"]);
  });

  it("asks the same voice once more, on another connection, when the connection was lost", () => {
    const { clock, voices, heard, failures, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("Sure. ");
    utterance.flush();
    voices[0]?.tell(connectionLost);
    voices[0]?.tell(connectionLost);
    clock.advanceTo(200);
    expect(heard).toEqual(["Sure. "]);
    expect(voices.map(({ log }) => log)).toEqual([
      [
        "open v",
        "speak",
        "write Sure. ",
        "flush",
        "open v",
        "speak",
        "write Sure. ",
        "flush",
        "close",
        "close",
      ],
      ["open v", "speak", "write Sure. ", "flush"],
    ]);
    expect(failures).toEqual(["a UNAVAILABLE", "a UNAVAILABLE"]);
  });

  it("goes down the list, asks the last one twice, and lets its failure through", () => {
    const { heard, failures, speak, voices, clock } = listOf("speak", "end", "flush");
    say(speak());
    clock.advanceTo(1_000);
    expect(failures).toEqual(["a RATE_LIMITED", "b RATE_LIMITED", "c RATE_LIMITED"]);
    expect(heard).toEqual(["failed"]);
    expect(voices[2]?.log.filter((what) => what === "speak")).toHaveLength(2);
    expect(clock.armed).toBe(0);
  });

  it("asks a list's only voice once more", () => {
    const { clock, voices, heard, speak } = listOf(undefined);
    const utterance = speak();
    utterance.write("Sure.");
    utterance.end();
    voices[0]?.tell(failed);
    clock.advanceTo(1_000);
    expect(heard).toEqual(["Sure.", "done"]);
  });

  it("hears nothing more of a provider that failed", () => {
    const { clock, voices, heard, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("Hi.");
    voices[0]?.tell(failed);
    voices[0]?.tell(sound("Hi.", 0));
    voices[0]?.tell({ type: "done" });
    utterance.end();
    clock.advanceTo(1_000);
    expect(heard).toEqual(["Hi.", "done makeshift"]);
  });

  it("passes on whole words, and the next voice begins with the word that was cut, in the utterance's time", () => {
    const { clock, voices, heard, events, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("One hundred three. ");
    utterance.flush();
    utterance.write("Four.");
    utterance.end();
    voices[0]?.tell(sound("One hundred th", 0));
    expect(heard).toEqual(["One hundred "]);
    voices[0]?.tell(failed);
    expect(voices[1]?.log).toEqual(["open v", "speak", "write three. ", "flush", "write Four.", "end"]);
    clock.advanceTo(2_000);
    expect(heard).toEqual(["One hundred ", "?", "three. ", "Four.", "done makeshift"]);
    const times = events.flatMap((event) => (event.type === "audio" ? [event.characters] : []));
    // 120 ms of the first voice, and 5 ms in which its last sample fades.
    expect(times[2]).toMatchObject({ starts: [125, 135, 145, 155, 165, 175, 185], end: 195 });
  });

  it("has nothing left to say when the voice is lost behind its last word", () => {
    const { voices, heard, failures, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("One two.");
    utterance.end();
    voices[0]?.tell(sound("One two.", 0));
    voices[0]?.tell(connectionLost);
    expect(heard).toEqual(["One two.", "done makeshift"]);
    expect(failures).toEqual(["a UNAVAILABLE"]);
    expect(voices[1]?.log).toEqual([]);
  });

  it("takes a voice that ends without having said anything for a failed one", () => {
    const { clock, voices, heard, failures, speak } = listOf(undefined, undefined, undefined);
    const utterance = speak();
    utterance.write("はい。");
    utterance.end();
    voices[0]?.tell({ type: "done" });
    voices[0]?.tell({ type: "done" });
    clock.advanceTo(1_000);
    expect(failures).toEqual(["a PROTOCOL", "a PROTOCOL"]);
    expect(heard).toEqual(["はい。", "done makeshift"]);
  });

  it("keeps a bounded text for the next provider: beyond it a failure goes through", () => {
    const { voices, heard, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("x".repeat(20_001));
    voices[0]?.tell(failed);
    expect(heard).toEqual(["failed"]);
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
    expect(clock.armed).toBe(0);
  });

  it("asks nobody any more when the listener cancels at the last word of a lost voice", () => {
    const { connection, voices, clock } = listOf(undefined, undefined);
    const utterance = connection.speak((event) => {
      if (event.type === "audio" && event.characters?.text === "One ") utterance.cancel();
    });
    utterance.write("One two three.");
    utterance.end();
    voices[0]?.tell(sound("One t", 0));
    voices[0]?.tell(failed);
    expect(voices[1]?.log).toEqual([]);
    expect(clock.armed).toBe(0);
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

describe("a voice that is late", () => {
  it("is given the deadline from the flush on, however long the words took to come", () => {
    const { clock, voices, failures, speak } = listOf("never", undefined);
    voices[0]?.mute();
    const utterance = speak();
    utterance.write("Sure");
    clock.advanceTo(5_000);
    utterance.write(". ");
    utterance.flush();
    clock.advanceTo(5_999);
    expect(failures).toEqual([]);
    clock.advanceTo(6_000);
    expect(failures).toEqual(["a TIMEOUT"]);
    expect(voices[0]?.log.slice(-2)).toEqual(["cancel", "close"]);
    expect(voices[1]?.log).toEqual(["open v", "speak", "write Sure. ", "flush"]);
  });

  it("owes nothing between two flushes, and has the deadline again from the next one on", () => {
    const { clock, voices, heard, failures, speak } = listOf(undefined, undefined);
    const utterance = speak();
    utterance.write("Sure. ");
    utterance.flush();
    clock.advanceTo(10_000);
    expect(heard).toEqual(["Sure. "]);
    voices[0]?.mute();
    utterance.write("I can help. ");
    utterance.flush();
    clock.advanceTo(10_999);
    expect(failures).toEqual([]);
    clock.advanceTo(12_000);
    expect(failures).toEqual(["a TIMEOUT"]);
    expect(heard).toEqual(["Sure. ", "I can help. "]);
  });

  it("is not given up while the caller has plenty left to hear", () => {
    const { clock, voices, failures, heard, speak } = listOf(undefined, undefined);
    voices[0]?.mute();
    const utterance = speak();
    const [long, rest] = ["One two three four. ".repeat(20), "Five."];
    utterance.write(long + rest);
    utterance.end();
    voices[0]?.tell(sound(long, 0));
    clock.advanceTo(long.length * 10 - 501);
    expect(failures).toEqual([]);
    clock.advanceTo(long.length * 10);
    expect(failures).toEqual(["a TIMEOUT"]);
    clock.advanceTo(long.length * 10 + 1_000);
    expect(heard).toEqual([long, "?", rest, "done makeshift"]);
  });

  it("is waited for when it is the last", () => {
    const { clock, voices, failures, heard, speak } = listOf("speak", undefined);
    voices[1]?.mute();
    const utterance = speak();
    utterance.write("Sure.");
    utterance.end();
    clock.advanceTo(60_000);
    expect(failures).toEqual(["a RATE_LIMITED"]);
    voices[1]?.tell(sound("Sure.", 0));
    voices[1]?.tell({ type: "done" });
    expect(heard).toEqual(["Sure.", "done makeshift"]);
  });

  it("takes its connection with it, once nothing else is being said on it", () => {
    const { clock, voices, speak } = listOf(undefined, undefined);
    voices[0]?.mute();
    const other = speak();
    other.write("Not flushed ");
    const utterance = speak();
    utterance.write("Sure.");
    utterance.end();
    clock.advanceTo(1_500);
    expect(voices[0]?.log).not.toContain("close");
    other.cancel();
    expect(voices[0]?.log.slice(-2)).toEqual(["cancel", "close"]);
  });
});

describe("the voices of a call", () => {
  const begun = (log: Log): number => log.filter((what) => what === "speak").length;

  it("stay with the one that took over for 30 s, and come back between two utterances", () => {
    const { clock, voices, speak } = listOf("end", undefined);
    say(speak());
    clock.advanceTo(29_999);
    say(speak());
    expect(voices.map(({ log }) => begun(log))).toEqual([1, 2]);
    clock.advanceTo(30_500);
    say(speak());
    expect(voices.map(({ log }) => begun(log))).toEqual([2, 3]);
    clock.advanceTo(90_000);
    say(speak());
    expect(
      voices.map(({ log }) => begun(log)),
      "a second failure counts double",
    ).toEqual([2, 4]);
    clock.advanceTo(91_000);
    say(speak());
    expect(voices.map(({ log }) => begun(log))).toEqual([3, 5]);
  });

  it("pass over those whose breaker is open, and the last is always asked", () => {
    const { clock, voices, breakers, heard, speak } = listOf(undefined, undefined, undefined);
    for (const name of ["a", "b", "c"]) for (let i = 0; i < 5; i++) breakers.tell(name, "failed");
    say(speak());
    clock.advanceTo(1_000);
    expect(voices.map(({ log }) => begun(log))).toEqual([0, 0, 1]);
    expect(heard.at(-1)).toBe("done makeshift");
    expect(breakers.reports).toMatchObject([{ state: "open" }, { state: "open" }, { state: "closed" }]);
  });

  it("tell the breakers how they did: well at their first sound, badly when they fail or are late", () => {
    const { clock, voices, breakers, speak } = listOf(undefined, undefined);
    const told: string[] = [];
    breakers.tell = (name, outcome) => void told.push(`${name} ${outcome}`);
    say(speak());
    clock.advanceTo(1_000);
    expect(told).toEqual(["a succeeded"]);
    voices[0]?.mute();
    say(speak());
    clock.advanceTo(3_000);
    expect(told).toEqual(["a succeeded", "a failed", "b succeeded"]);
  });
});

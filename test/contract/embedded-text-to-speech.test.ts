import { afterEach, describe, expect, it } from "vitest";
import { levelOf } from "../../src/audio/energy-gate.ts";
import type { SpeechEvent, Utterance, VoiceConnection } from "../../src/pipeline/text-to-speech.ts";
import { FliteTextToSpeech } from "../../src/providers/embedded/flite-text-to-speech.ts";
import { SynthesisService } from "../../src/providers/embedded/synthesis-service.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";

const opened: FliteTextToSpeech[] = [];

/** With the real voice, or with another worker given as its source. */
function textToSpeech(clock = systemClock as typeof systemClock | ManualClock, source?: string) {
  const entry =
    source === undefined ? undefined : new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const service = entry === undefined ? undefined : new SynthesisService(clock, 5_000, entry);
  const tts = new FliteTextToSpeech(clock, service);
  opened.push(tts);
  return tts;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((tts) => tts.close("test")));
});

function speak(connection: VoiceConnection, act: (utterance: Utterance) => void) {
  const events: SpeechEvent[] = [];
  const over = new Promise<SpeechEvent[]>((resolve) => {
    const utterance = connection.speak((event) => {
      events.push(event);
      if (event.type !== "audio") resolve(events);
    });
    act(utterance);
  });
  return { events, over };
}

const audioOf = (events: readonly SpeechEvent[]) =>
  events.flatMap((event) => (event.type === "audio" ? [event] : []));

describe("the embedded voice", () => {
  it("speaks each flushed part by itself, in order, with rising times over the written text", async () => {
    const connection = textToSpeech().open({ language: "en-US" });
    const events = await speak(connection, (utterance) => {
      utterance.write("Sure, ");
      utterance.flush();
      utterance.write("we are open ");
      utterance.write("from nine to six.");
      utterance.end();
    }).over;
    expect(events.map((event) => event.type)).toEqual(["audio", "audio", "done"]);
    const audio = audioOf(events);
    expect(audio.map((event) => event.characters?.text)).toEqual(["Sure, ", "we are open from nine to six."]);
    const starts = audio.flatMap((event) => event.characters?.starts ?? []);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    const duration = audio.reduce((sum, event) => sum + event.mulaw.length / 8, 0);
    expect(audio.at(-1)?.characters?.end).toBe(duration);
    expect(duration).toBeGreaterThan(1_500);
    expect(duration).toBeLessThan(5_000);
    for (const event of audio) expect(levelOf(event.mulaw)).toBeGreaterThan(-30);
  });

  it.each(["kal16", "slt", "kal", "rms", "awb", "a voice of another provider"])(
    "speaks as %s",
    async (voice) => {
      const connection = textToSpeech().open({ language: "en-US", voice });
      const events = await speak(connection, (utterance) => {
        utterance.write("Hello – “café”, good-bye…");
        utterance.end();
      }).over;
      expect(levelOf(audioOf(events)[0]?.mulaw ?? new Uint8Array(1))).toBeGreaterThan(-30);
    },
  );

  it("is done without a sound when there is nothing to say", async () => {
    const connection = textToSpeech().open({ language: "en-US" });
    const events = await speak(connection, (utterance) => {
      utterance.write(" … ");
      utterance.flush();
      utterance.end();
      utterance.end();
    }).over;
    expect(events).toEqual([{ type: "done" }]);
  });

  it("reads foreign letters as their nearest English ones, and makes no sound of a script that it cannot read", async () => {
    const connection = textToSpeech().open({ language: "de-DE" });
    const said = async (text: string): Promise<readonly Uint8Array[]> => {
      const events = await speak(connection, (utterance) => {
        utterance.write(text);
        utterance.end();
      }).over;
      return audioOf(events).map(({ mulaw }) => mulaw);
    };
    const [foreign, plain] = [await said("Schöne Grüße."), await said("Schone Grusse.")];
    expect(foreign).toHaveLength(1);
    expect(foreign).toEqual(plain);
    expect(await said("はい。")).toEqual([]);
  });

  it("speaks a text without a flush in parts", async () => {
    const connection = textToSpeech().open({ language: "en-US" });
    const text = "one two three four five. ".repeat(30);
    const events = await speak(connection, (utterance) => {
      utterance.write(text);
      utterance.end();
    }).over;
    expect(audioOf(events).length).toBeGreaterThan(1);
    expect(
      audioOf(events)
        .map((event) => event.characters?.text)
        .join(""),
    ).toBe(text);
  });

  it("says nothing after cancel, and the next utterance is not held up by it", async () => {
    const connection = textToSpeech().open({ language: "en-US" });
    const cancelled = speak(connection, (utterance) => {
      for (let i = 0; i < 20; i++) {
        utterance.write("A long sentence that nobody will hear. ");
        utterance.flush();
      }
      utterance.end();
      utterance.cancel();
    });
    const events = await speak(connection, (utterance) => {
      utterance.write("Hello.");
      utterance.end();
    }).over;
    expect(events.map((event) => event.type)).toEqual(["audio", "done"]);
    expect(cancelled.events).toEqual([]);
  });

  it("serves the first words of a call before the later words of another", async () => {
    const tts = textToSpeech();
    const order: string[] = [];
    const talker = speak(tts.open({ language: "en-US" }), (utterance) => {
      for (let i = 0; i < 6; i++) {
        utterance.write(`Sentence number ${i} of a long talk. `);
        utterance.flush();
      }
      utterance.end();
    });
    const other = speak(tts.open({ language: "en-US" }), (utterance) => {
      utterance.write("Hi.");
      utterance.end();
    });
    talker.over.then(() => order.push("talker")).catch(() => {});
    await other.over.then(() => order.push("other"));
    await talker.over;
    expect(order).toEqual(["other", "talker"]);
  });

  it("fails the utterance that is being spoken when its thread crashes, and speaks on in a new one", async () => {
    // Crashes at the text "crash", speaks one frame of silence otherwise.
    const tts = textToSpeech(
      systemClock,
      `import { parentPort } from "node:worker_threads";
       parentPort.on("message", ({ id, text }) => {
         if (text === "crash") throw new Error("boom");
         parentPort.postMessage({ id, mulaw: new Uint8Array(160) });
       });`,
    );
    const connection = tts.open({ language: "en-US" });
    const say = (text: string) =>
      speak(connection, (utterance) => {
        utterance.write(text);
        utterance.end();
      }).over;
    const [crashed, waiting] = await Promise.all([say("crash"), say("hello")]);
    expect(crashed).toMatchObject([{ type: "failed", error: { code: "PROVIDER_UNAVAILABLE" } }]);
    expect(waiting.map((event) => event.type)).toEqual(["audio", "done"]);
  });

  it("fails an utterance at its deadline, and replaces the thread that hangs", async () => {
    const clock = new ManualClock();
    const tts = textToSpeech(clock, `import "node:worker_threads"; setInterval(() => {}, 1000);`);
    const failed = speak(tts.open({ language: "en-US" }), (utterance) => {
      utterance.write("hello");
      utterance.end();
    });
    clock.advanceTo(5_000);
    expect(await failed.over).toMatchObject([{ type: "failed", error: { code: "PROVIDER_TIMEOUT" } }]);
    expect(clock.armed).toBe(1);
  });

  it("fails an utterance that begins after its close", async () => {
    const clock = new ManualClock();
    const tts = textToSpeech(clock);
    const connection = tts.open({ language: "en-US" });
    await tts.close("test");
    const late = speak(connection, (utterance) => {
      utterance.write("hello");
      utterance.end();
    });
    clock.advanceTo(1);
    expect(await late.over).toMatchObject([{ type: "failed", error: { code: "PROVIDER_UNAVAILABLE" } }]);
    expect(clock.armed).toBe(0);
  });

  it("refuses more segments than its queue holds", async () => {
    const clock = new ManualClock();
    const tts = textToSpeech(clock, `setInterval(() => {}, 1000);`);
    const connection = tts.open({ language: "en-US" });
    const talks = Array.from({ length: 110 }, () =>
      speak(connection, (utterance) => {
        utterance.write("hello");
        utterance.end();
      }),
    );
    clock.advanceTo(1);
    const refused = talks.filter(({ events }) => events.some((event) => event.type === "failed"));
    expect(refused).toHaveLength(9);
    expect(refused[0]?.events).toMatchObject([{ error: { code: "PROVIDER_UNAVAILABLE" } }]);
    await connection.close();
  });
});

import { describe, expect, it } from "vitest";
import { EnergyGate, levelOf } from "../../../src/audio/energy-gate.ts";
import { loadVoiceActivity, type VoiceActivityOptions } from "../../../src/audio/voice-activity.ts";
import {
  breath,
  clicks,
  concat,
  frames,
  keyTones,
  mix,
  silence,
  tone,
  voice,
  whiteNoise,
} from "./signals.ts";

const create = await loadVoiceActivity();

function changes(samples: Int16Array, options?: VoiceActivityOptions) {
  const activity = create(options);
  const told: { change: string; since: number; at: number }[] = [];
  for (const [index, frame] of frames(samples).entries()) {
    const change = activity.feed(frame, index * 20);
    if (change !== undefined) told.push({ change, since: activity.since, at: index * 20 + 20 });
  }
  const { speaking } = activity;
  activity.close();
  return { told, speaking };
}

describe("VoiceActivity", () => {
  it.each([-20, -30, -40])("finds speech at %i dB and when it began and ended", (db) => {
    const { told } = changes(concat(silence(600), voice(900, db), silence(600)));
    expect(told.map(({ change }) => change)).toEqual(["speech-started", "speech-ended"]);
    expect(Math.abs((told[0]?.since ?? 0) - 600)).toBeLessThanOrEqual(60);
    expect(Math.abs((told[1]?.since ?? 0) - 1500)).toBeLessThanOrEqual(60);
  });

  it("knows of speech within 100 ms, and of its end within the hangover and 60 ms", () => {
    const { told } = changes(concat(silence(600), voice(900, -20), silence(600)), { hangover: 140 });
    expect(told[0]?.at).toBeLessThanOrEqual(700);
    expect(told[1]?.at).toBeLessThanOrEqual(1500 + 200);
  });

  it("finds speech over steady noise", () => {
    const noisy = mix(concat(silence(2000), voice(900, -20), silence(800)), whiteNoise(3700, -45));
    expect(changes(noisy).told.map(({ change }) => change)).toEqual(["speech-started", "speech-ended"]);
  });

  it("does not end in a pause shorter than the hangover", () => {
    const stop = concat(silence(600), voice(360, -20), silence(100), voice(360, -20), silence(600));
    expect(changes(stop).told).toHaveLength(2);
  });

  it.each([
    ["silence", silence(3000)],
    ["white noise at -35 dB", whiteNoise(5000, -35)],
    ["white noise that sets in", concat(silence(2000), whiteNoise(3000, -30))],
    ["breath", breath(8, -35)],
    ["clicks", clicks(10)],
    ["key tones", keyTones()],
    ["key tones over noise", mix(keyTones(), whiteNoise(4800, -45))],
  ])("takes %s for no speech", (_name, samples) => {
    expect(changes(samples).told).toEqual([]);
  });

  it("waits for as much speech as the onset asks for", () => {
    const word = concat(silence(600), voice(140, -20), silence(600));
    expect(changes(word, { onset: 60 }).told).toHaveLength(2);
    expect(changes(word, { onset: 240 }).told).toEqual([]);
  });

  it("is speaking until the end is known", () => {
    expect(changes(concat(silence(600), voice(900, -20))).speaking).toBe(true);
  });

  it("shares one module: two detectors do not hear each other", () => {
    const a = create();
    const b = create();
    const speech = frames(concat(silence(600), voice(600, -20)));
    const quiet = frames(silence(1200))[0] as Uint8Array;
    const heard = speech.map((frame, i) => [a.feed(frame, i * 20), b.feed(quiet, i * 20)]);
    expect(heard.filter(([first]) => first !== undefined)).toHaveLength(1);
    expect(heard.filter(([, second]) => second !== undefined)).toHaveLength(0);
    a.close();
    b.close();
  });

  it("refuses frames of another length, a bad mode, and to work when closed", () => {
    const activity = create();
    expect(() => activity.feed(new Uint8Array(80), 0)).toThrow("Frame of 80 bytes; give 160");
    activity.close();
    activity.close();
    expect(() => activity.feed(new Uint8Array(160), 0)).toThrow("closed");
    expect(() => create({ mode: 4 })).toThrow("mode is 4; give 0, 1, 2 or 3");
  });
});

describe("EnergyGate", () => {
  it("opens for sound over the floor and learns a steady noise within 1.6 s", () => {
    const gate = new EnergyGate();
    for (const frame of frames(silence(400))) expect(gate.feed(frame)).toBe(false);
    const open = frames(whiteNoise(4000, -35)).map((frame) => gate.feed(frame));
    expect(open[0]).toBe(true);
    expect(open.slice(80).some(Boolean)).toBe(false);
    expect(gate.floor).toBeLessThan(-33);
    expect(gate.feed(frames(tone(20, 1000, -15))[0] as Uint8Array)).toBe(true);
  });

  it("measures the level of a frame", () => {
    expect(levelOf(frames(tone(20, 1000, -20))[0] as Uint8Array)).toBeCloseTo(-20, 0);
    expect(levelOf(frames(silence(20))[0] as Uint8Array)).toBe(-90);
  });
});

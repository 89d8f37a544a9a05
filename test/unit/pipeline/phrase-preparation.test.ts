import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agentProfile } from "../../../src/calls/agent-profile.ts";
import { PhraseCache, voiceKey } from "../../../src/pipeline/phrase-cache.ts";
import { PhrasePreparation } from "../../../src/pipeline/phrase-preparation.ts";
import type { TextToSpeech } from "../../../src/pipeline/text-to-speech.ts";
import { scriptedTextToSpeech } from "../../../src/providers/scripted/scripted-text-to-speech.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

const profile = agentProfile();
const needed = ["filler", "apology", "transfer", "failedGoodbye", "deafGoodbye"] as const;
let clock: ManualClock;
let phrases: PhraseCache;
let speaking: number;
let atOnce: number;
let begun: number;
let down: boolean;

beforeEach(() => {
  clock = new ManualClock();
  phrases = new PhraseCache();
  [speaking, atOnce, begun, down] = [0, 0, 0, false];
});

afterEach(() => expect(clock.armed, "timers left behind").toBe(0));

/** 100 ms to each phrase; counts what is under way. */
function voice(): TextToSpeech {
  const scripted = scriptedTextToSpeech({ clock, firstByte: 100 });
  return {
    name: "scripted",
    open(options) {
      const connection = scripted.open(options);
      return {
        ...connection,
        speak(listener) {
          begun += 1;
          speaking += 1;
          atOnce = Math.max(atOnce, speaking);
          if (down) {
            queueMicrotask(() =>
              listener({ type: "failed", error: new GatewayError("PROVIDER_UNAVAILABLE", "x") }),
            );
            return { write() {}, flush() {}, end() {}, cancel() {} };
          }
          return connection.speak((event) => {
            if (event.type !== "audio") speaking -= 1;
            listener(event);
          });
        },
      };
    },
  };
}

function kept(): string[] {
  const key = voiceKey("scripted", profile);
  return needed.filter((name) => phrases.kept(key, profile.phrases[name]) !== undefined);
}

describe("PhrasePreparation", () => {
  it("has what is said when a provider fails spoken, one phrase after the other, once for all calls", async () => {
    const preparation = new PhrasePreparation({ clock, textToSpeech: voice(), phrases });
    preparation.prepare(profile);
    preparation.prepare(profile);
    await clock.settleTo(150);
    expect(kept()).toEqual(["filler"]);
    await clock.settleTo(5_000);
    preparation.prepare(profile);
    await clock.settleTo(10_000);
    expect(kept()).toEqual(needed);
    expect({ begun, atOnce }).toEqual({ begun: needed.length, atOnce: 1 });
    preparation.close();
  });

  it("leaves a voice that failed alone for a minute", async () => {
    const preparation = new PhrasePreparation({ clock, textToSpeech: voice(), phrases });
    down = true;
    preparation.prepare(profile);
    await clock.settleTo(30_000);
    preparation.prepare(profile);
    expect(begun).toBe(1);
    down = false;
    await clock.settleTo(60_000);
    preparation.prepare(profile);
    await clock.settleTo(65_000);
    expect(kept()).toEqual(needed);
  });

  it("stops when it is closed, and begins nothing after", async () => {
    const preparation = new PhrasePreparation({ clock, textToSpeech: voice(), phrases });
    preparation.prepare(profile);
    await clock.settleTo(150);
    preparation.close();
    preparation.prepare(profile);
    await clock.settleTo(5_000);
    expect(begun).toBe(2);
  });
});

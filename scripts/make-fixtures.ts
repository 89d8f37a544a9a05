import { decodeMulaw } from "../src/audio/mulaw.ts";
import { FliteVoice, type FliteVoiceName } from "../src/providers/embedded/flite-voice.ts";
import {
  backchannels,
  conditions,
  mainVoice,
  pauseHeavy,
  utterances,
  type Voice,
  voices,
} from "./fixtures/catalogue.ts";
import { espeak, espeakMissing } from "./fixtures/espeak-voice.ts";
import { type Fixture, FixtureFolder } from "./fixtures/fixture-folder.ts";
import { added, atLevel, joined, silence, toFloat, trimmed } from "./fixtures/mixing.ts";
import {
  breath,
  cough,
  dtmf,
  dtmfKeys,
  holdMusic,
  hum,
  type Noise,
  streetNoise,
  thud,
  whiteNoise,
} from "./fixtures/sounds.ts";

/**
 * Makes `test/fixtures/speech` anew: 8 kHz μ-law WAV files and `transcripts.json`, which says what each holds.
 * Everything is computed, and noise is seeded, so that the same tools make the same files.
 */

const LEAD = 200;
const TAIL = 300;
const THINKING_PAUSE = 700;
const LEVEL = -20;

interface Condition {
  readonly level: number;
  readonly noise?: { readonly kind: Noise; readonly level: number };
}

const missing = espeakMissing();
if (missing !== undefined) {
  process.stderr.write(`make-fixtures: ${missing}\n`);
  process.exit(1);
}

const flite = await FliteVoice.load();
const folder = await FixtureFolder.empty(new URL("../test/fixtures/speech/", import.meta.url));
const babble = await makeBabble();
await makeUtterances();
await makeConditions();
await makePauseHeavy();
await makeBackchannels();
await makeSounds();
process.stdout.write(`${await folder.finish()} fixtures in test/fixtures/speech\n`);

async function makeUtterances(): Promise<void> {
  for (const [name, text] of Object.entries(utterances)) {
    for (const voice of voices)
      await writeSpeech(withVoice(name, voice), "utterance", text, voice, { level: LEVEL });
  }
}

async function makeConditions(): Promise<void> {
  for (const name of ["what-are-your-opening-hours", "i-need-a-repair"]) {
    for (const condition of conditions) {
      const { level, noise } = condition;
      const suffix = noise === undefined ? "clean" : `${noise.kind}${noise.level}`;
      const text = utterances[name] ?? "";
      await writeSpeech(`${name}.level${level}.${suffix}`, "condition", text, "rms", condition);
    }
  }
}

async function makePauseHeavy(): Promise<void> {
  for (const [index, text] of pauseHeavy.entries()) {
    const voice = voices[index % voices.length] as Voice;
    const name = `pause-heavy-${String(index + 1).padStart(2, "0")}`;
    await writeSpeech(name, "pause-heavy", text, voice, { level: LEVEL });
  }
}

async function makeBackchannels(): Promise<void> {
  for (const [name, text] of Object.entries(backchannels)) {
    for (const voice of voices)
      await writeSpeech(withVoice(name, voice), "backchannel", text, voice, { level: -24 });
  }
  for (const pitch of [110, 150, 210]) {
    const sound = trimmed(hum(pitch, pitch));
    await writeSound(`mm-hm.${pitch}hz`, "backchannel", sound, -24, "Mm-hm.");
  }
}

async function makeSounds(): Promise<void> {
  await writeSound("cough", "sound", trimmed(cough(1)), -18);
  await writeSound("breath", "sound", trimmed(breath(2)), -38);
  await writeSound("door", "sound", trimmed(thud(3)), -18);
  await writeSound("white-noise", "sound", whiteNoise(5_000, 4), -35);
  await writeSound("street-noise", "sound", streetNoise(5_000, 5), -32);
  await writeSound("babble", "sound", babble.slice(0, 40_000), -35);
  await writeSound("hold-music", "sound", holdMusic(12_000, 6), -20);
  for (const key of dtmfKeys) {
    const name = key === "*" ? "star" : key === "#" ? "hash" : key;
    await writeSound(`dtmf-${name}`, "dtmf", dtmf(key, 200), -12, key);
  }
  await folder.write("silence", silence(5_000), {
    kind: "silence",
    text: "",
    voice: null,
    level: null,
    noise: null,
    pauses: [],
    speechStart: null,
    speechEnd: null,
  });
}

async function writeSpeech(
  name: string,
  kind: Fixture["kind"],
  marked: string,
  voice: Voice,
  condition: Condition,
): Promise<void> {
  const phrases = marked.split("|").map((phrase) => phrase.trim());
  const parts: Float32Array[] = [];
  const pauses: { start: number; end: number }[] = [];
  let at = LEAD;
  for (const [index, phrase] of phrases.entries()) {
    if (index > 0) {
      pauses.push({ start: ms(at), end: ms(at + THINKING_PAUSE) });
      parts.push(silence(THINKING_PAUSE));
      at += THINKING_PAUSE;
    }
    const spoken = atLevel(trimmed(await speak(phrase, voice)), condition.level);
    parts.push(spoken);
    at += spoken.length / 8;
  }
  const clean = joined([silence(LEAD), ...parts, silence(TAIL)]);
  const noise = condition.noise;
  const samples =
    noise === undefined ? clean : added(clean, noiseOf(noise.kind, noise.level, clean.length / 8));
  await folder.write(name, samples, {
    kind,
    text: phrases.join(" "),
    voice,
    level: condition.level,
    noise: noise ?? null,
    pauses,
    speechStart: LEAD,
    speechEnd: ms(at),
  });
}

async function writeSound(
  name: string,
  kind: Fixture["kind"],
  sound: Float32Array,
  level: number,
  text = "",
): Promise<void> {
  await folder.write(name, joined([silence(LEAD), atLevel(sound, level), silence(TAIL)]), {
    kind,
    text,
    voice: null,
    level,
    noise: null,
    pauses: [],
    speechStart: LEAD,
    speechEnd: ms(LEAD + sound.length / 8),
  });
}

async function speak(text: string, voice: Voice): Promise<Float32Array> {
  if (voice.startsWith("espeak ")) return toFloat(await espeak(text, voice.slice("espeak ".length)));
  return toFloat(decodeMulaw(flite.say(text, voice as FliteVoiceName)));
}

/** Many people talking at once: every voice says the long sentences, one on top of the other. */
async function makeBabble(): Promise<Float32Array> {
  let crowd = new Float32Array(8 * 10_000);
  for (const [index, voice] of voices.entries()) {
    const speech = await Promise.all(
      pauseHeavy.slice(index, index + 4).map((text) => speak(text.replaceAll("|", ""), voice)),
    );
    crowd = added(crowd, atLevel(joined(speech), -20)) as Float32Array<ArrayBuffer>;
  }
  return crowd;
}

function noiseOf(kind: Noise, level: number, length: number): Float32Array {
  const duration = Math.ceil(length);
  if (kind === "babble") return atLevel(babble, level);
  return atLevel(kind === "white" ? whiteNoise(duration, 7) : streetNoise(duration, 8), level);
}

function withVoice(name: string, voice: Voice): string {
  return voice === mainVoice ? name : `${name}.${voice.replace(" ", "-").replace("+", "-")}`;
}

function ms(value: number): number {
  return Math.round(value);
}

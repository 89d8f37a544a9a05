import { BYTES_PER_MS, SILENCE } from "../../audio/audio-format.ts";

/**
 * Sound that can be read again: each character is a square wave of 200 Hz whose μ-law level tells which one it is
 * (printable ASCII; anything else sounds as `?`), a blank is silence. Every character sounds for `perCharacter` ms.
 */
export function spellOut(text: string, perCharacter: number): Uint8Array {
  const length = perCharacter * BYTES_PER_MS;
  const sound = new Uint8Array(text.length * length);
  for (let i = 0; i < sound.length; i++) {
    const code = text.charCodeAt(Math.floor(i / length));
    const level = LOWEST - (code > 0x20 && code < 0x7f ? code : QUESTION_MARK) + 0x20;
    sound[i] = code === 0x20 ? SILENCE : level | (i % PERIOD < PERIOD / 2 ? 0x80 : 0);
  }
  return sound;
}

/** What can be heard in it; a character of which less than two thirds are there is not. */
export function readAloud(sound: Uint8Array, perCharacter: number): string {
  const length = perCharacter * BYTES_PER_MS;
  let text = "";
  for (let i = 0; i < sound.length; ) {
    const level = levelOf(sound[i] as number);
    let end = i;
    while (end < sound.length && levelOf(sound[end] as number) === level) end += 1;
    const character = level === SILENT ? " " : String.fromCharCode(LOWEST - level + 0x20);
    text += character.repeat(Math.floor((end - i) / length + 1 / 3));
    i = end;
  }
  return text;
}

function levelOf(mulaw: number): number {
  return mulaw & 0x7f;
}

/** Of the softest character, `!`; μ-law levels are the louder the smaller they are. */
const LOWEST = 0x70;
const SILENT = SILENCE & 0x7f;
const QUESTION_MARK = 0x3f;
/** Of the wave, in samples. */
const PERIOD = 40;

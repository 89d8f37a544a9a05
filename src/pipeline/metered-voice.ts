import type { VoiceConnection } from "./text-to-speech.ts";

/** The same voice; `used` hears, once for each utterance, how many characters (UTF-16 units) it was given. */
export function meteredVoice(voice: VoiceConnection, used: (characters: number) => void): VoiceConnection {
  return {
    speak(listener) {
      const utterance = voice.speak(listener);
      let characters = 0;
      const tell = (): void => {
        if (characters > 0) used(characters);
        characters = 0;
      };
      return {
        write(text) {
          characters += text.length;
          utterance.write(text);
        },
        flush: () => utterance.flush(),
        end() {
          tell();
          utterance.end();
        },
        cancel() {
          tell();
          utterance.cancel();
        },
      };
    },
    close: () => voice.close(),
  };
}

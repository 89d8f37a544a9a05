import { durationOf } from "../../audio/audio-format.ts";
import {
  estimateCharacters,
  type SpeechEvent,
  type TextToSpeech,
  type Utterance,
} from "../../pipeline/text-to-speech.ts";
import { type FliteVoice, type FliteVoiceName, isSpeakable } from "./flite-voice.ts";

/**
 * The embedded voice in the calling thread, every segment spoken before `flush` returns: for replays, which
 * must give the same events every time. Blocks for up to 200 ms.
 */
export function inlineVoice(flite: FliteVoice, voice: FliteVoiceName): TextToSpeech {
  return {
    name: "embedded",
    open: () => ({
      speak: (listener) => inlineUtterance(flite, voice, listener),
      close: async () => {},
    }),
  };
}

function inlineUtterance(
  flite: FliteVoice,
  voice: FliteVoiceName,
  listener: (event: SpeechEvent) => void,
): Utterance {
  let text = "";
  let spoken = 0;
  let over = false;
  const flush = (): void => {
    if (over || !isSpeakable(text)) return;
    const mulaw = flite.say(text, voice);
    const begin = durationOf(spoken);
    spoken += mulaw.length;
    const characters = estimateCharacters(text, begin, durationOf(spoken));
    text = "";
    listener({ type: "audio", mulaw, characters });
  };
  return {
    write: (more) => {
      text += more;
    },
    flush,
    end: () => {
      flush();
      if (!over) listener({ type: "done" });
      over = true;
    },
    cancel: () => {
      over = true;
    },
  };
}

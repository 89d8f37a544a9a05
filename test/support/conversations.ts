import { Type } from "typebox";
import type { Message, ReplyPart } from "../../src/pipeline/language-model.ts";
import type {
  SpeechEvent,
  TextToSpeech,
  Utterance,
  VoiceConnection,
} from "../../src/pipeline/text-to-speech.ts";
import type { Tool, ToolContext, ToolOutcome } from "../../src/pipeline/tools.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { VirtualCall } from "./virtual-call.ts";
import type { VirtualGatewayOptions } from "./virtual-gateway.ts";

/** How long a character of the scripted voice sounds, in ms. */
export const PER_CHARACTER = 60;

/** Seven seconds of it. */
export const LONG_REPLY =
  "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen.";

export interface AnsweringOptions extends Partial<VirtualGatewayOptions> {
  /** Of the model, in ms. */
  readonly firstToken?: number;
  readonly perToken?: number;
  /** Of the voice, in ms. */
  readonly firstByte?: number;
}

/** A call of a caller whose utterances are known, to an agent that answers each by a rule. */
export function answering(
  words: readonly string[],
  answer: (messages: readonly Message[]) => string | readonly ReplyPart[],
  { firstToken = 200, perToken = 12, firstByte = 100, ...more }: AnsweringOptions = {},
): Promise<VirtualCall> {
  return VirtualCall.open({
    speechToText: scriptedSpeechToText({ words: (utterance) => words[utterance - 1] ?? "" }),
    languageModel: (clock) => scriptedLanguageModel({ clock, answer, firstToken, perToken }),
    textToSpeech: (clock) => scriptedTextToSpeech({ clock, firstByte, perCharacter: PER_CHARACTER }),
    ...more,
  });
}

/** What the caller has heard of a turn so far. */
export function heardOf(told: VirtualCall, turn: number): string {
  return told.of("agent-heard").findLast((event) => event.turn === turn)?.text ?? "";
}

export function toolCall(name: string): readonly ReplyPart[] {
  return [
    { type: "tool-call", call: { id: "1", name, arguments: "{}" } },
    { type: "finish", reason: "tool-calls" },
  ];
}

/** A tool that works until it is aborted, or told to finish; counts what it does. */
export class SlowTool implements Tool {
  readonly name = "look_up";
  readonly description = "Looks something up.";
  readonly parameters = Type.Object({});
  running = 0;
  aborted = 0;
  #finish: (() => void)[] = [];

  run(_: unknown, { signal }: ToolContext): Promise<ToolOutcome> {
    this.running += 1;
    return new Promise((resolve) => {
      const end = (ok: boolean): void => {
        this.running -= 1;
        resolve({ ok, result: "{}" });
      };
      this.#finish.push(() => end(true));
      signal.addEventListener("abort", () => {
        this.aborted += 1;
        this.#finish.pop();
        end(false);
      });
    });
  }

  finish(): void {
    for (const finish of this.#finish.splice(0)) finish();
  }
}

/** A voice against the port's rules: what it has begun to say it says to the end, whoever cancels. */
export function stubbornVoice(clock: Clock): TextToSpeech {
  const scripted = scriptedTextToSpeech({ clock, firstByte: 300, perCharacter: PER_CHARACTER });
  return { ...scripted, open: (options) => new DeafConnection(scripted.open(options)) };
}

class DeafConnection implements VoiceConnection {
  readonly #voice: VoiceConnection;

  constructor(voice: VoiceConnection) {
    this.#voice = voice;
  }

  speak(listener: (event: SpeechEvent) => void): Utterance {
    const utterance = this.#voice.speak(listener);
    return {
      write: (text) => utterance.write(text),
      flush: () => utterance.flush(),
      end: () => utterance.end(),
      cancel: () => {},
    };
  }

  close(): Promise<void> {
    return this.#voice.close();
  }
}

/** A voice that breaks off when it is to say something with this word in it. */
export function brokenVoice(clock: Clock, word: string): TextToSpeech {
  const scripted = scriptedTextToSpeech({ clock, firstByte: 100, perCharacter: PER_CHARACTER });
  const error = new GatewayError("PROVIDER_UNAVAILABLE", "The voice was cut off");
  return {
    ...scripted,
    open: (options) => {
      const voice = scripted.open(options);
      return {
        speak: (listener) => {
          const utterance = voice.speak(listener);
          return {
            write: (text) =>
              text.includes(word) ? listener({ type: "failed", error }) : utterance.write(text),
            flush: () => utterance.flush(),
            end: () => utterance.end(),
            cancel: () => utterance.cancel(),
          };
        },
        close: () => voice.close(),
      };
    },
  };
}

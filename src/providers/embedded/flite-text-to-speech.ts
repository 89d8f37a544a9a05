import type {
  SpeechEvent,
  TextToSpeech,
  Utterance,
  VoiceConnection,
  VoiceOptions,
} from "../../pipeline/text-to-speech.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { CloseReason } from "../../runtime/closable.ts";
import { type FliteVoiceName, fliteVoices } from "./flite-voice.ts";
import { SegmentedUtterance } from "./segmented-utterance.ts";
import { SynthesisService } from "./synthesis-service.ts";

const DEFAULT_VOICE: FliteVoiceName = "kal16";

/**
 * Speech without any account: CMU Flite, in one worker thread for the process. English only. A voice it does
 * not have is spoken by the default voice, because a profile may name the voice of another provider.
 */
export class FliteTextToSpeech implements TextToSpeech {
  readonly name = "embedded";
  readonly #clock: Clock;
  readonly #service: SynthesisService;

  constructor(clock: Clock, service = new SynthesisService(clock)) {
    this.#clock = clock;
    this.#service = service;
  }

  /** Starts the thread ahead of the first call, which otherwise pays about 150 ms for it. */
  start(): void {
    this.#service.start();
  }

  open(options: VoiceOptions): VoiceConnection {
    this.#service.start();
    const voice = fliteVoices.find((name) => name === options.voice) ?? DEFAULT_VOICE;
    const live = new Set<Utterance>();
    return {
      speak: (listener) => {
        const utterance = new SegmentedUtterance(this.#clock, this.#service, voice, (event: SpeechEvent) => {
          if (event.type !== "audio") live.delete(utterance);
          listener(event);
        });
        live.add(utterance);
        return utterance;
      },
      close: async () => {
        for (const utterance of live) utterance.cancel();
        live.clear();
      },
    };
  }

  /** Ends the thread; connections still open fall silent. */
  close(_reason: CloseReason): Promise<void> {
    return this.#service.close();
  }
}

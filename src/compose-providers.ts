import type { VoiceActivityFactory } from "./audio/voice-activity.ts";
import type { ProviderPort } from "./calls/call-event.ts";
import type { Config } from "./config/config.ts";
import type { LanguageModel } from "./pipeline/language-model.ts";
import type { SpeechToSpeech } from "./pipeline/speech-to-speech.ts";
import type { SpeechToText } from "./pipeline/speech-to-text.ts";
import type { TextToSpeech } from "./pipeline/text-to-speech.ts";
import { deepgramSpeechToText } from "./providers/deepgram/deepgram-speech-to-text.ts";
import { ElevenLabsTextToSpeech } from "./providers/elevenlabs/elevenlabs-text-to-speech.ts";
import { EmbeddedSpeechToText } from "./providers/embedded/embedded-speech-to-text.ts";
import { FliteTextToSpeech } from "./providers/embedded/flite-text-to-speech.ts";
import { Receptionist } from "./providers/embedded/receptionist.ts";
import { failoverLanguageModel } from "./providers/failover/failover-language-model.ts";
import { failoverSpeechToText } from "./providers/failover/failover-speech-to-text.ts";
import { failoverTextToSpeech } from "./providers/failover/failover-text-to-speech.ts";
import { OpenAiLanguageModel } from "./providers/openai/openai-language-model.ts";
import { OpenAiRealtime } from "./providers/openai-realtime/openai-realtime.ts";
import { CircuitBreakers } from "./runtime/circuit-breakers.ts";
import type { Clock } from "./runtime/clock.ts";
import { type Closable, closeAll } from "./runtime/closable.ts";
import type { GatewayError } from "./runtime/errors.ts";

/** Who hears, thinks and speaks, for all calls of the process. */
export interface Providers extends Closable {
  readonly speechToText: SpeechToText;
  readonly languageModel: LanguageModel;
  readonly textToSpeech: TextToSpeech;
  /** Where OpenAI's key is set. */
  readonly speechToSpeech?: SpeechToSpeech;
}

/**
 * The configured providers; the embedded ones start their threads now, so that no caller waits for them.
 * `onCovered` hears of failures that the next provider of a list made up for; `onAudioLost` of callers' audio (ms) that
 * nobody heard in time.
 */
export function composeProviders(
  config: Config,
  clock: Clock,
  voiceActivity: VoiceActivityFactory,
  onCovered: (port: ProviderPort, provider: string, error: GatewayError) => void,
  onAudioLost: (ms: number) => void,
): Providers {
  const covered = (port: ProviderPort) => (provider: string, error: GatewayError) =>
    onCovered(port, provider, error);
  const closables: Closable[] = [];
  const breakers = {
    stt: new CircuitBreakers(clock),
    llm: new CircuitBreakers(clock),
    tts: new CircuitBreakers(clock),
  };

  const speechToText = {
    embedded(): SpeechToText {
      const embedded = new EmbeddedSpeechToText(clock, voiceActivity);
      embedded.start();
      closables.push(embedded);
      return embedded;
    },
    deepgram: (): SpeechToText =>
      deepgramSpeechToText({
        ...config.deepgram,
        apiKey: keyOf(config.deepgram),
        clock,
        eagerEotThreshold: EAGER, // ignored by nova
      }),
  };
  const languageModel = {
    embedded: (): LanguageModel => new Receptionist(),
    openai: (): LanguageModel =>
      new OpenAiLanguageModel({ ...config.openai, apiKey: keyOf(config.openai), clock }),
  };
  const textToSpeech = {
    embedded(): TextToSpeech {
      const embedded = new FliteTextToSpeech(clock);
      embedded.start();
      closables.push(embedded);
      return embedded;
    },
    elevenlabs: (): TextToSpeech =>
      new ElevenLabsTextToSpeech({ ...config.elevenlabs, apiKey: keyOf(config.elevenlabs), clock }),
  };

  const speechToSpeech = (): SpeechToSpeech => {
    const { baseUrl } = config.openai;
    return new OpenAiRealtime({ apiKey: keyOf(config.openai), clock, ...(baseUrl && { baseUrl }) });
  };

  const { stt, llm, tts } = config.providers;
  return {
    speechToText: failoverSpeechToText(
      stt.map((name) => speechToText[name]()),
      { clock, onFailure: covered("stt"), breakers: breakers.stt, onAudioLost },
    ),
    languageModel: failoverLanguageModel(
      llm.map((name) => languageModel[name]()),
      { onFailure: covered("llm"), breakers: breakers.llm },
    ),
    textToSpeech: failoverTextToSpeech(
      tts.map((name) => textToSpeech[name]()),
      { onFailure: covered("tts"), breakers: breakers.tts },
    ),
    ...(config.openai.apiKey && { speechToSpeech: speechToSpeech() }),
    close: (reason) => closeAll(reason, closables),
  };
}

/** The configuration has checked that a vendor in use has its key. */
function keyOf(vendor: { readonly apiKey?: string }): string {
  return vendor.apiKey ?? "";
}

/** Flux tells from this confidence on that a turn may be over, so that model and voice can run ahead; 0.3 to 0.9. */
const EAGER = 0.5;

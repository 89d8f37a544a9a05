import type { VoiceActivityFactory } from "./audio/voice-activity.ts";
import type { ProviderPort } from "./calls/call-event.ts";
import type { PortBreakers } from "./compose-breakers.ts";
import type { Config } from "./config/config.ts";
import { given } from "./config/given.ts";
import type { LlmEntry, SttEntry, TtsEntry, VendorEntry } from "./config/provider-lists.ts";
import type { VendorName } from "./config/vendors.ts";
import type { LanguageModel } from "./pipeline/language-model.ts";
import type { SpeechToSpeech } from "./pipeline/speech-to-speech.ts";
import type { SpeechToText } from "./pipeline/speech-to-text.ts";
import type { TextToSpeech } from "./pipeline/text-to-speech.ts";
import { deepgramSpeechToText } from "./providers/deepgram/deepgram-speech-to-text.ts";
import { DeepgramTextToSpeech } from "./providers/deepgram/deepgram-text-to-speech.ts";
import { ElevenLabsTextToSpeech } from "./providers/elevenlabs/elevenlabs-text-to-speech.ts";
import { EmbeddedSpeechToText } from "./providers/embedded/embedded-speech-to-text.ts";
import { FliteTextToSpeech } from "./providers/embedded/flite-text-to-speech.ts";
import { Receptionist } from "./providers/embedded/receptionist.ts";
import {
  failoverLanguageModel,
  type HedgeOutcome,
} from "./providers/failover/language-model/failover-language-model.ts";
import { failoverSpeechToText } from "./providers/failover/speech-to-text/failover-speech-to-text.ts";
import { failoverTextToSpeech } from "./providers/failover/text-to-speech/failover-text-to-speech.ts";
import { OpenAiLanguageModel } from "./providers/openai/openai-language-model.ts";
import { OpenAiRealtime } from "./providers/openai-realtime/openai-realtime.ts";
import { openAiSpeechToText } from "./providers/openai-transcription/openai-speech-to-text.ts";
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
  /** Which of the configured providers are worth asking. */
  readonly breakers?: readonly PortBreakers[];
}

/** What is made up for within the providers, and so known to nobody else. Must not throw. */
export interface ProviderObserver {
  /** A provider failed, and the next of its list took over. */
  readonly covered: (port: ProviderPort, provider: string, error: GatewayError) => void;
  /** So many ms of a caller's audio were heard by nobody in time, or given up by the last recogniser. */
  readonly audioLost: (ms: number) => void;
  /** A second model was asked beside the first. */
  readonly hedged: (outcome: HedgeOutcome) => void;
}

/** The configured providers; the embedded ones start their threads now, so that no caller waits for them. */
export function composeProviders(
  config: Config,
  clock: Clock,
  voiceActivity: VoiceActivityFactory,
  observer: ProviderObserver,
): Providers {
  const covered = (port: ProviderPort) => (provider: string, error: GatewayError) =>
    observer.covered(port, provider, error);
  const closables: Closable[] = [];
  const breakers = {
    stt: new CircuitBreakers(clock),
    llm: new CircuitBreakers(clock),
    tts: new CircuitBreakers(clock),
  };

  function embeddedSpeechToText(): SpeechToText {
    const embedded = new EmbeddedSpeechToText(clock, voiceActivity);
    embedded.start();
    closables.push(embedded);
    return embedded;
  }

  function embeddedTextToSpeech(): TextToSpeech {
    const embedded = new FliteTextToSpeech(clock);
    if (config.providers.tts[0]?.vendor === "embedded") embedded.start(); // else with the first call that needs it
    closables.push(embedded);
    return embedded;
  }

  const shared = ({ name, settings }: VendorEntry<VendorName>) => ({ name, apiKey: keyOf(settings), clock });

  function speechToText(entry: SttEntry): SpeechToText {
    switch (entry.vendor) {
      case "embedded":
        return embeddedSpeechToText();
      case "openai": {
        const { baseUrl, transcriptionModel: model } = entry.settings;
        return openAiSpeechToText({ ...given({ baseUrl, model }), ...shared(entry) });
      }
      case "deepgram": {
        const { baseUrl, model } = entry.settings;
        const eagerEotThreshold = EAGER; // ignored by nova
        return deepgramSpeechToText({ ...shared(entry), baseUrl, model, eagerEotThreshold });
      }
      default:
        return entry satisfies never;
    }
  }

  function languageModel(entry: LlmEntry): LanguageModel {
    const { firstToken } = config.providerDeadlines;
    switch (entry.vendor) {
      case "embedded":
        return new Receptionist();
      case "openai":
        return new OpenAiLanguageModel({ ...entry.settings, ...shared(entry), firstToken });
      default:
        return entry satisfies never;
    }
  }

  function textToSpeech(entry: TtsEntry): TextToSpeech {
    const { firstByte } = config.providerDeadlines;
    switch (entry.vendor) {
      case "embedded":
        return embeddedTextToSpeech();
      case "deepgram": {
        const { baseUrl, voiceModel: model } = entry.settings;
        return new DeepgramTextToSpeech({ ...given({ baseUrl, model }), ...shared(entry), firstByte });
      }
      case "elevenlabs": {
        const { baseUrl, model, voiceId: voice } = entry.settings;
        return new ElevenLabsTextToSpeech({
          ...given({ baseUrl, model, voice }),
          ...shared(entry),
          firstByte,
        });
      }
      default:
        return entry satisfies never;
    }
  }

  const speechToSpeech = (): SpeechToSpeech => {
    const { baseUrl } = config.openai;
    return new OpenAiRealtime({ apiKey: keyOf(config.openai), clock, ...(baseUrl && { baseUrl }) });
  };

  const lists = { ...config.providers, tts: withLastResort(config.providers.tts) };
  return {
    speechToText: failoverSpeechToText(lists.stt.map(speechToText), {
      clock,
      onFailure: covered("stt"),
      breakers: breakers.stt,
      onAudioLost: (ms) => observer.audioLost(ms),
    }),
    languageModel: failoverLanguageModel(lists.llm.map(languageModel), {
      clock,
      onFailure: covered("llm"),
      breakers: breakers.llm,
      firstToken: config.providerDeadlines.firstToken,
      ...(config.hedging.llmPercentile && { hedgePercentile: config.hedging.llmPercentile }),
      onHedge: (outcome) => observer.hedged(outcome),
    }),
    textToSpeech: failoverTextToSpeech(lists.tts.map(textToSpeech), {
      clock,
      firstByte: config.providerDeadlines.firstByte,
      onFailure: covered("tts"),
      breakers: breakers.tts,
    }),
    ...(config.openai.apiKey && { speechToSpeech: speechToSpeech() }),
    breakers: (["stt", "llm", "tts"] as const).map((port) => ({
      port,
      providers: lists[port].map(({ name }) => name),
      reports: () => breakers[port].reports,
    })),
    close: (reason) => closeAll(reason, closables),
  };
}

/** A voice in an accent, which works without anybody, is better than silence. */
function withLastResort(voices: readonly TtsEntry[]): readonly TtsEntry[] {
  const embedded: TtsEntry = { vendor: "embedded", name: "embedded" };
  return voices.some(({ vendor }) => vendor === "embedded") ? voices : [...voices, embedded];
}

/** The configuration has checked that a vendor in use has its key. */
function keyOf(vendor: { readonly apiKey?: string }): string {
  return vendor.apiKey ?? "";
}

/** Flux tells from this confidence on that a turn may be over, so that model and voice can run ahead; 0.3 to 0.9. */
const EAGER = 0.5;

import type { SpeechDetector } from "../audio/voice-activity.ts";
import type { AgentProfile } from "../calls/agent-profile.ts";
import type { Clock } from "../runtime/clock.ts";
import type { LanguageModel } from "./language-model.ts";
import type { PhraseCache } from "./phrase-cache.ts";
import type { SpeechToSpeech } from "./speech-to-speech.ts";
import type { SpeechToText } from "./speech-to-text.ts";
import type { TextToSpeech } from "./text-to-speech.ts";
import type { Tool } from "./tools.ts";

/** What a conversation is made of; the same for every call of the process. */
export interface PipelineParts {
  readonly clock: Clock;
  readonly speechToText: SpeechToText;
  readonly languageModel: LanguageModel;
  readonly textToSpeech: TextToSpeech;
  /** For profiles in which one model hears and speaks itself; without it they are served by the other three. */
  readonly speechToSpeech?: SpeechToSpeech;
  readonly voiceActivity: () => SpeechDetector;
  readonly phrases: Pick<PhraseCache, "recording" | "kept">;
  /** Has a profile's fixed words spoken ahead, so that they can be said when the voice is away; unset: nobody does. */
  readonly prepare?: (profile: AgentProfile) => void;
  readonly tools: readonly Tool[];
}

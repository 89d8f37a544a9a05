import { defaultOverload, type OverloadPolicy } from "./overload-policy.ts";
import type { RecordingPolicy } from "./recordings.ts";

/** How one agent greets, thinks, sounds and takes turns. Times in ms. */
export interface AgentProfile {
  readonly name: string;
  /** BCP 47, such as `en-US`. */
  readonly language: string;
  /** The agent's first words; empty: the caller speaks first. */
  readonly greeting: string;
  /** The system prompt of the language model. */
  readonly prompt: string;
  /** The provider's name of the voice; unset: the provider's default. */
  readonly voice?: string;
  /** What kind of business the agent answers for, as history records name it; unset: `general`. */
  readonly businessType?: string;
  /**
   * Recogniser, model and voice one after the other; one model that hears and speaks itself; or, without a media
   * stream, the carrier's recogniser and voice around the model.
   */
  readonly mode: "cascade" | "speech-to-speech" | "speech-gather";
  /** Names of the tools that the agent may use; unset: all there are. */
  readonly tools?: readonly string[];
  readonly turnTaking: TurnTaking;
  readonly phrases: Phrases;
  /** Sentences that the caller cannot interrupt, such as legal notices; exactly as they are spoken. */
  readonly protectedSentences: readonly string[];
  /** Whether a journal is kept of its calls; unset: no. */
  readonly journal?: boolean;
  readonly recording: RecordingPolicy;
  readonly overload: OverloadPolicy;
}

/** What the gateway itself says, in the profile's language, when neither the caller nor the model does. */
export interface Phrases {
  /** Said to a silent caller, in turn; the last one is repeated. At least one. */
  readonly reprompts: readonly string[];
  /** The caller spoke, but no words were understood; said in turn, the last one repeated. At least one. */
  readonly notUnderstood: readonly string[];
  /** The model or the voice failed; the caller is asked to go on. */
  readonly apology: string;
  /** Before hanging up because turn after turn has failed, and nobody can be reached who could take over. */
  readonly failedGoodbye: string;
  /** In its place, where somebody can. */
  readonly transfer: string;
  /** Before hanging up because no recogniser is left that could hear the caller. */
  readonly deafGoodbye: string;
  /** Before hanging up on a caller who stays silent. */
  readonly silentGoodbye: string;
  /** Said while a tool or a slow model keeps the caller waiting. */
  readonly filler: string;
  /** A minute before the maximum duration. */
  readonly durationWarning: string;
  /** Before hanging up at the maximum duration. */
  readonly durationGoodbye: string;
  /** Before hanging up because the gateway stops. */
  readonly shutdownGoodbye: string;
  /** Said when the connection was lost and is there again. */
  readonly reconnected: string;
}

/** Bounds of turn-taking; every number in ms unless it says otherwise. `docs/turn-taking.md` tells what each trades. */
export interface TurnTaking {
  /** Whether the caller's speech stops the agent's. */
  readonly bargeIn: boolean;
  /** Whether model and voice run ahead while it is not yet certain that the caller has finished. */
  readonly speculation: boolean;
  /** Silence that ends the caller's turn after a complete sentence. */
  readonly endpointMin: number;
  /** Silence that ends it after words that lead on: "and", "um", half a number. */
  readonly endpointMax: number;
  /** Silence that ends it when the words do not tell, before this caller's own pauses are known. */
  readonly endpointOpen: number;
  /** Silence after which the recogniser is asked for its final words, instead of waiting for its own endpoint. */
  readonly earlyFinalize: number;
  /** Sound over the agent's that goes on so long interrupts it if any words came of it; otherwise it is noise. */
  readonly sustainedSpeech: number;
  /** How long words may come after short speech over the agent's, before the agent goes on. */
  readonly backchannelWait: number;
  /** Both sides silent for so long: the agent speaks. */
  readonly silenceLimit: number;
  /** How often a silent caller is asked before the agent says goodbye. A count. */
  readonly reprompts: number;
  /** Silence for so long while the caller waits for a reply, or for the rest of one: a filler is said; 0: none. */
  readonly fillerAfter: number;
  /** No sound of a reply for so long: the agent apologises and gives the turn back. */
  readonly replyLimit: number;
  /** Time without a further key after which keyed digits are taken as an answer; `#` ends them at once. */
  readonly interDigit: number;
  /** The whole call; the agent says goodbye when it is reached, and warns a minute before. */
  readonly maxCallDuration: number;
}

export const defaultTurnTaking: TurnTaking = {
  bargeIn: true,
  speculation: true,
  endpointMin: 400,
  endpointMax: 1_500,
  endpointOpen: 500,
  earlyFinalize: 140,
  sustainedSpeech: 1_500,
  backchannelWait: 500,
  silenceLimit: 20_000,
  reprompts: 2,
  fillerAfter: 1_000,
  replyLimit: 8_000,
  interDigit: 1_500,
  maxCallDuration: 3_600_000,
};

const defaultPhrases: Phrases = {
  reprompts: ["Are you still there?", "I cannot hear you. Please say something, or press a key."],
  notUnderstood: [
    "Sorry, I did not catch that. Could you say it again?",
    "I am sorry, I still did not understand. Please say it in other words, or use the keys of your telephone.",
  ],
  apology: "I am sorry, something went wrong on my side. Could you say that again?",
  failedGoodbye:
    "I am sorry, I have a technical problem and cannot help you just now. Please call again in a few minutes. Goodbye.",
  transfer: "I am sorry, I have a technical problem. I will put you through to a colleague, please hold.",
  deafGoodbye:
    "I am sorry, I cannot hear you because of a technical problem. Please call again later. Goodbye.",
  silentGoodbye: "I cannot hear you, so I will hang up now. Goodbye.",
  filler: "One moment, please.",
  durationWarning: "Just to let you know, we have about one minute left.",
  durationGoodbye: "I am sorry, we have reached the end of the time for this call. Goodbye.",
  shutdownGoodbye:
    "I am sorry, I have to end the call for a technical reason. Please call again in a moment. Goodbye.",
  reconnected: "Sorry, the line dropped for a moment. Please go on.",
};

const defaultProfile: AgentProfile = {
  name: "default",
  mode: "cascade",
  language: "en-US",
  greeting: "Hello, and thank you for calling. How can I help you?",
  prompt:
    "You are a helpful receptionist on the telephone. Answer in one or two short spoken sentences, " +
    "without lists or formatting. Ask one question at a time. When the caller is done, say goodbye and end the call.",
  turnTaking: defaultTurnTaking,
  phrases: defaultPhrases,
  protectedSentences: [],
  recording: { enabled: false },
  overload: defaultOverload,
};

/** The default agent with whatever the operator set. */
export function agentProfile(overrides: Partial<AgentProfile> = {}): AgentProfile {
  return { ...defaultProfile, ...overrides };
}

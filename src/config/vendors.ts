import type { EnvironmentReader } from "./environment-reader.ts";
import { given } from "./given.ts";

interface VendorConfig {
  readonly apiKey?: string;
  /** Unset: the vendor's own. Without a slash at its end. */
  readonly baseUrl?: string;
}

/** `baseUrl` is an origin; sockets use the matching `ws(s)`. `flux-*` models use the v2 protocol. */
export interface DeepgramConfig extends VendorConfig {
  readonly model: string;
}

/** `baseUrl` includes `/v1`; any server compatible with Chat Completions will do. */
export interface OpenAiConfig extends VendorConfig {
  readonly model?: string;
}

/** `baseUrl` is an origin; sockets use the matching `ws(s)`. */
export interface ElevenLabsConfig extends VendorConfig {
  readonly voiceId?: string;
  readonly model?: string;
  /** Of the outbound agent service. */
  readonly agentId?: string;
  readonly phoneNumberId?: string;
}

export interface TwilioConfig {
  readonly accountSid?: string;
  /** Set: every webhook and media socket must carry Twilio's signature. */
  readonly authToken?: string;
  readonly phoneNumber?: string;
  readonly apiBaseUrl?: string;
}

export function readDeepgram(environment: EnvironmentReader): DeepgramConfig {
  return given({
    apiKey: environment.key("DEEPGRAM_API_KEY"),
    baseUrl: environment.origin("DEEPGRAM_BASE_URL"),
    model: environment.text("DEEPGRAM_MODEL") ?? "nova-3",
  });
}

export function readOpenAi(environment: EnvironmentReader): OpenAiConfig {
  return given({
    apiKey: environment.key("OPENAI_API_KEY"),
    baseUrl: environment.httpUrl("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1"),
    model: environment.text("OPENAI_MODEL"),
  });
}

export function readElevenLabs(environment: EnvironmentReader): ElevenLabsConfig {
  return given({
    apiKey: environment.key("ELEVENLABS_API_KEY"),
    baseUrl: environment.origin("ELEVENLABS_BASE_URL"),
    voiceId: environment.text("ELEVENLABS_VOICE_ID"),
    model: environment.text("ELEVENLABS_MODEL"),
    agentId: environment.text("ELEVEN_LABS_AGENT_ID"),
    phoneNumberId: environment.text("PHONE_NUMBER_ID"),
  });
}

export function readTwilio(environment: EnvironmentReader): TwilioConfig {
  const accountSid = environment.text("TWILIO_ACCOUNT_SID");
  const authToken = environment.text("TWILIO_AUTH_TOKEN");
  if (accountSid !== undefined && !accountSid.startsWith("AC")) {
    environment.problem(
      "TWILIO_ACCOUNT_SID",
      "does not start with AC",
      "copy the Account SID from the Twilio console",
    );
  }
  if (accountSid !== undefined && authToken === undefined) {
    environment.problem(
      "TWILIO_AUTH_TOKEN",
      "is not set, but TWILIO_ACCOUNT_SID is",
      "set it to the account's auth token, or unset TWILIO_ACCOUNT_SID",
    );
  }
  return given({
    accountSid,
    authToken,
    phoneNumber: environment.phoneNumber("TWILIO_PHONE_NUMBER"),
    apiBaseUrl: environment.origin("TWILIO_API_BASE_URL"),
  });
}

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
  /** Of text-to-speech. */
  readonly voiceModel?: string;
}

/** `baseUrl` includes `/v1`; any server compatible with Chat Completions will do. */
export interface OpenAiConfig extends VendorConfig {
  readonly model?: string;
  /** Of speech-to-text. */
  readonly transcriptionModel?: string;
}

/** `baseUrl` is an origin; sockets use the matching `ws(s)`. */
export interface ElevenLabsConfig extends VendorConfig {
  readonly voiceId?: string;
  readonly model?: string;
  /** Of the outbound agent service. */
  readonly agentId?: string;
  readonly phoneNumberId?: string;
}

/** What the vendors of the provider lists are configured with. */
export interface VendorConfigs {
  readonly deepgram: DeepgramConfig;
  readonly openai: OpenAiConfig;
  readonly elevenlabs: ElevenLabsConfig;
}

export type VendorName = keyof VendorConfigs;

export interface TwilioConfig {
  readonly accountSid?: string;
  /** Set: every webhook and media socket must carry Twilio's signature. */
  readonly authToken?: string;
  readonly phoneNumber?: string;
  readonly apiBaseUrl?: string;
}

/** For each setting that can have a label: the end of its variable's name, and how it is read. */
type Fields<Settings> = {
  readonly [Name in keyof Settings]?: readonly [
    suffix: string,
    read: (environment: EnvironmentReader, variable: string) => Settings[Name] | undefined,
  ];
};

const fields: { readonly [Vendor in VendorName]: Fields<VendorConfigs[Vendor]> } = {
  deepgram: {
    apiKey: ["API_KEY", (environment, name) => environment.key(name)],
    baseUrl: ["BASE_URL", (environment, name) => environment.origin(name)],
    model: ["MODEL", (environment, name) => environment.text(name)],
    voiceModel: ["VOICE_MODEL", (environment, name) => environment.text(name)],
  },
  openai: {
    apiKey: ["API_KEY", (environment, name) => environment.key(name)],
    baseUrl: ["BASE_URL", (environment, name) => environment.httpUrl(name, "http://127.0.0.1:11434/v1")],
    model: ["MODEL", (environment, name) => environment.text(name)],
    transcriptionModel: ["TRANSCRIPTION_MODEL", (environment, name) => environment.text(name)],
  },
  elevenlabs: {
    apiKey: ["API_KEY", (environment, name) => environment.key(name)],
    baseUrl: ["BASE_URL", (environment, name) => environment.origin(name)],
    voiceId: ["VOICE_ID", (environment, name) => environment.text(name)],
    model: ["MODEL", (environment, name) => environment.text(name)],
  },
};

/** The vendors' settings without a label: `OPENAI_MODEL` and its like. */
export function readVendors(environment: EnvironmentReader): VendorConfigs {
  return {
    deepgram: readSettings(environment, "deepgram", undefined, { model: "nova-3" }),
    openai: readSettings(environment, "openai", undefined, {}),
    elevenlabs: readSettings(
      environment,
      "elevenlabs",
      undefined,
      given({
        agentId: environment.text("ELEVEN_LABS_AGENT_ID"),
        phoneNumberId: environment.text("PHONE_NUMBER_ID"),
      }),
    ),
  };
}

/** The settings under a label, `OPENAI_BACKUP_MODEL` and its like for `backup`; what is not set there is as in `fallback`. */
export function readSettings<Vendor extends VendorName>(
  environment: EnvironmentReader,
  vendor: Vendor,
  label: string | undefined,
  fallback: VendorConfigs[Vendor],
): VendorConfigs[Vendor] {
  const own = Object.entries(fields[vendor]).map(([name, [suffix, read]]) => [
    name,
    read(environment, vendorVariable(vendor, suffix, label)),
  ]);
  return { ...fallback, ...given(Object.fromEntries(own)) };
}

/** `openai`, `API_KEY`, `eu-2` → `OPENAI_EU_2_API_KEY`. */
export function vendorVariable(vendor: VendorName, suffix: string, label?: string): string {
  const parts = label === undefined ? [vendor, suffix] : [vendor, label.replaceAll("-", "_"), suffix];
  return parts.join("_").toUpperCase();
}

/** Whether one of the label's variables would mean something else: `OPENAI_TRANSCRIPTION_MODEL` for `transcription`. */
export function isAmbiguousLabel(vendor: VendorName, label: string): boolean {
  const suffixes = Object.values(fields[vendor]).map(([suffix]) => suffix);
  const taken = suffixes.filter((suffix) => suffixes.some((other) => suffix.endsWith(`_${other}`)));
  const words = taken.map((suffix) => suffix.split("_", 1)[0]?.toLowerCase());
  return words.some((word) => label === word || label.endsWith(`-${word}`));
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

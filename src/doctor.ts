import { type Config, loadConfig } from "./config/config.ts";
import { loadDotEnv } from "./config/dot-env.ts";
import { isLoopback } from "./config/loopback.ts";
import type { ProviderEntry, ProviderLists } from "./config/provider-lists.ts";
import { secretsOf } from "./config/secrets.ts";
import type { VendorConfigs, VendorName } from "./config/vendors.ts";
import type { Check } from "./diagnosis/check.ts";
import { deepgramCheck } from "./diagnosis/deepgram-check.ts";
import { elevenLabsSubscriptionCheck } from "./diagnosis/elevenlabs-subscription-check.ts";
import { elevenLabsVoiceCheck } from "./diagnosis/elevenlabs-voice-check.ts";
import { embeddedSpeechCheck } from "./diagnosis/embedded-speech-check.ts";
import { openAiCheck } from "./diagnosis/openai-check.ts";
import { publicUrlCheck } from "./diagnosis/public-url-check.ts";
import { runChecks } from "./diagnosis/run-checks.ts";
import { twilioAccountCheck } from "./diagnosis/twilio-account-check.ts";
import { twilioNumberCheck } from "./diagnosis/twilio-number-check.ts";
import { DEFAULT_VOICE_MODEL } from "./providers/deepgram/deepgram-text-to-speech.ts";
import { DEFAULT_VOICE } from "./providers/elevenlabs/elevenlabs-text-to-speech.ts";
import { loadEmbeddedSpeechToText } from "./providers/embedded/embedded-speech-to-text.ts";
import { FliteTextToSpeech } from "./providers/embedded/flite-text-to-speech.ts";
import { DEFAULT_CHAT_MODEL } from "./providers/openai/openai-language-model.ts";
import { DEFAULT_TRANSCRIPTION_MODEL } from "./providers/openai-transcription/openai-speech-to-text.ts";
import { systemClock } from "./runtime/clock.ts";
import { closeAll } from "./runtime/closable.ts";
import { GatewayError } from "./runtime/errors.ts";

/** `npm run doctor`: why does my call not work? One line for each thing that a call needs; exit 1 if any fails. */

/** For a vendor's answer, in ms. */
const VENDOR_LIMIT = 5_000;
/** For the embedded speech, which starts two threads, in ms. */
const SPEECH_LIMIT = 15_000;

const common = { clock: systemClock, limit: VENDOR_LIMIT };

/** What is checked of a vendor: of it itself, or of what is listed under a label. */
const vendorChecks: Readonly<Record<VendorName, (config: Config, label: string | undefined) => Check[]>> = {
  deepgram: (config, label) => [deepgramCheckOf(config, label)],
  openai: (config, label) => [openAiCheckOf(config, label)],
  elevenlabs: elevenLabsChecksOf,
};

try {
  loadDotEnv();
  const failed = await diagnose(loadConfig(process.env));
  // All is closed, but packages leave timeouts armed that nobody needs to wait for.
  process.stdout.write("", () => process.exit(failed === 0 ? 0 : 1));
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** Resolves to how many checks failed. */
async function diagnose(config: Config): Promise<number> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (usesElevenLabs(config)) print("ElevenLabs' package takes some seconds to load.");
  const textToSpeech = new FliteTextToSpeech(systemClock);
  const speechToText = await loadEmbeddedSpeechToText(systemClock);
  const checks: Check[] = [
    ...configuredChecks(config),
    embeddedSpeechCheck({ clock: systemClock, textToSpeech, speechToText, limit: SPEECH_LIMIT }),
  ];
  try {
    const failed = await runChecks(checks, { print, secrets: secretsOf(config) });
    print(failed === 0 ? "Nothing found wrong." : `${failed} of ${checks.length} checks failed.`);
    return failed;
  } finally {
    await closeAll("done", [textToSpeech, speechToText]);
  }
}

function usesElevenLabs({ elevenlabs, providers }: Config): boolean {
  return elevenlabs.apiKey !== undefined || providers.tts.some(({ vendor }) => vendor === "elevenlabs");
}

function configuredChecks(config: Config): Check[] {
  const { publicUrl, twilio, providers } = config;
  const reach = { publicUrl, loopback: isLoopback(new URL(publicUrl).hostname) };
  const twilioAccount = {
    ...common,
    accountSid: twilio.accountSid,
    authToken: twilio.authToken,
    apiBaseUrl: twilio.apiBaseUrl,
  };
  return [
    publicUrlCheck({ ...common, ...reach }),
    twilioAccountCheck(twilioAccount),
    twilioNumberCheck({ ...twilioAccount, phoneNumber: twilio.phoneNumber, ...reach }),
    ...(Object.keys(vendorChecks) as VendorName[]).flatMap((vendor) =>
      labelsOf(providers, vendor).flatMap((label) => vendorChecks[vendor](config, label)),
    ),
  ];
}

/** What of a vendor is to be checked: it itself, and what is listed under labels. */
function labelsOf(providers: ProviderLists, vendor: VendorName): readonly (string | undefined)[] {
  const labels = Object.values(providers).flatMap((list: readonly ProviderEntry[]) =>
    list.map((entry) => (entry.vendor === vendor ? entry.label : undefined)),
  );
  return [...new Set([undefined, ...labels])];
}

/** The vendor's entry of a list under this label. */
function entryOf<Vendor extends VendorName>(
  list: readonly ProviderEntry[],
  vendor: Vendor,
  label: string | undefined,
): VendorConfigs[Vendor] | undefined {
  const entry = list.find((one) => one.vendor === vendor && one.label === label);
  return entry?.vendor === vendor ? (entry.settings as VendorConfigs[Vendor]) : undefined;
}

/** A vendor that no list names is checked for what it would be used for first. */
function deepgramCheckOf({ providers, deepgram }: Config, label: string | undefined): Check {
  const hears = entryOf(providers.stt, "deepgram", label);
  const speaks = entryOf(providers.tts, "deepgram", label);
  const { apiKey, baseUrl, model } = hears ?? speaks ?? deepgram;
  return deepgramCheck({
    ...common,
    apiKey,
    baseUrl,
    label,
    model: hears !== undefined || speaks === undefined ? model : undefined,
    voiceModel: speaks && (speaks.voiceModel ?? DEFAULT_VOICE_MODEL),
  });
}

function openAiCheckOf({ providers, openai }: Config, label: string | undefined): Check {
  const hears = entryOf(providers.stt, "openai", label);
  const thinks = entryOf(providers.llm, "openai", label);
  const { apiKey, baseUrl, model = DEFAULT_CHAT_MODEL } = thinks ?? hears ?? openai;
  return openAiCheck({
    ...common,
    apiKey,
    baseUrl,
    label,
    model: thinks !== undefined || hears === undefined ? model : undefined,
    transcriptionModel: hears && (hears.transcriptionModel ?? DEFAULT_TRANSCRIPTION_MODEL),
  });
}

function elevenLabsChecksOf({ providers, elevenlabs }: Config, label: string | undefined): Check[] {
  const { apiKey, baseUrl, voiceId } = entryOf(providers.tts, "elevenlabs", label) ?? elevenlabs;
  const account = { ...common, apiKey, baseUrl, label };
  return [
    elevenLabsVoiceCheck({ ...account, voice: voiceId ?? DEFAULT_VOICE }),
    elevenLabsSubscriptionCheck(account),
  ];
}

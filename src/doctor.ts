import { type Config, loadConfig } from "./config/config.ts";
import { loadDotEnv } from "./config/dot-env.ts";
import { isLoopback } from "./config/loopback.ts";
import { secretsOf } from "./config/secrets.ts";
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
import { DEFAULT_VOICE } from "./providers/elevenlabs/elevenlabs-text-to-speech.ts";
import { loadEmbeddedSpeechToText } from "./providers/embedded/embedded-speech-to-text.ts";
import { FliteTextToSpeech } from "./providers/embedded/flite-text-to-speech.ts";
import { DEFAULT_CHAT_MODEL } from "./providers/openai/openai-language-model.ts";
import { systemClock } from "./runtime/clock.ts";
import { closeAll } from "./runtime/closable.ts";
import { GatewayError } from "./runtime/errors.ts";

/** `npm run doctor`: why does my call not work? One line for each thing that a call needs; exit 1 if any fails. */

/** For a vendor's answer, in ms. */
const VENDOR_LIMIT = 5_000;
/** For the embedded speech, which starts two threads, in ms. */
const SPEECH_LIMIT = 15_000;

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
  if (config.elevenlabs.apiKey !== undefined) print("ElevenLabs' package takes some seconds to load.");
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

function configuredChecks({ publicUrl, deepgram, openai, elevenlabs, twilio }: Config): Check[] {
  const common = { clock: systemClock, limit: VENDOR_LIMIT };
  const reach = { publicUrl, loopback: isLoopback(new URL(publicUrl).hostname) };
  const twilioAccount = {
    ...common,
    accountSid: twilio.accountSid,
    authToken: twilio.authToken,
    apiBaseUrl: twilio.apiBaseUrl,
  };
  const elevenLabsAccount = { ...common, apiKey: elevenlabs.apiKey, baseUrl: elevenlabs.baseUrl };
  return [
    publicUrlCheck({ ...common, ...reach }),
    twilioAccountCheck(twilioAccount),
    twilioNumberCheck({ ...twilioAccount, phoneNumber: twilio.phoneNumber, ...reach }),
    deepgramCheck({ ...common, apiKey: deepgram.apiKey, baseUrl: deepgram.baseUrl, model: deepgram.model }),
    openAiCheck({
      ...common,
      apiKey: openai.apiKey,
      baseUrl: openai.baseUrl,
      model: openai.model ?? DEFAULT_CHAT_MODEL,
    }),
    elevenLabsVoiceCheck({ ...elevenLabsAccount, voice: elevenlabs.voiceId ?? DEFAULT_VOICE }),
    elevenLabsSubscriptionCheck(elevenLabsAccount),
  ];
}

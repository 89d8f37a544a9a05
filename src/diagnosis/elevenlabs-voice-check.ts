import { type Check, fail, ok, type Verdict } from "./check.ts";
import {
  askElevenLabs,
  type ElevenLabsAccount,
  elevenLabsTitle,
  loadElevenLabs,
} from "./elevenlabs-account.ts";
import { variableOf } from "./vendor-failure.ts";

/** Whether the key is accepted and the voice exists. */
export function elevenLabsVoiceCheck(options: ElevenLabsAccount & { readonly voice: string }): Check {
  const { voice, label } = options;
  return {
    name: elevenLabsTitle("voice", options),
    load: () => loadElevenLabs(options),
    run: () =>
      askElevenLabs(
        options,
        async (client, request) => {
          const { name } = await client.voices.get(voice, {}, request);
          return ok(`the key is accepted, and the voice ${voice}${name ? ` (${name})` : ""} exists`);
        },
        (word, status) =>
          word === "voice_not_found" || status === 404 ? unknownVoice(voice, label) : undefined,
      ),
  };
}

function unknownVoice(voice: string, label: string | undefined): Verdict {
  return fail(
    `the account has no voice ${voice}`,
    `set ${variableOf("ELEVENLABS_VOICE_ID", label)} to the id of a voice of this account, or leave it out for the default voice`,
  );
}

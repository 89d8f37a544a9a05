import { type Check, fail, ok, type Verdict } from "./check.ts";
import { askElevenLabs, type ElevenLabsAccount, loadElevenLabs } from "./elevenlabs-account.ts";

/** Whether the key is accepted and the voice exists. */
export function elevenLabsVoiceCheck(options: ElevenLabsAccount & { readonly voice: string }): Check {
  const { voice } = options;
  return {
    name: "ElevenLabs voice",
    load: () => loadElevenLabs(options),
    run: () =>
      askElevenLabs(
        options,
        async (client, request) => {
          const { name } = await client.voices.get(voice, {}, request);
          return ok(`the key is accepted, and the voice ${voice}${name ? ` (${name})` : ""} exists`);
        },
        (word, status) => (word === "voice_not_found" || status === 404 ? unknownVoice(voice) : undefined),
      ),
  };
}

function unknownVoice(voice: string): Verdict {
  return fail(
    `the account has no voice ${voice}`,
    "set ELEVENLABS_VOICE_ID to the id of a voice of this account, or leave it out for the default voice",
  );
}

import { type Check, fail, ok, type Verdict } from "./check.ts";
import {
  askElevenLabs,
  type ElevenLabsAccount,
  elevenLabsTitle,
  loadElevenLabs,
} from "./elevenlabs-account.ts";

/** States in which the vendor goes on speaking, as far as its API names them. */
const usable = ["trialing", "active", "free"];

/** Whether the account may speak: its subscription stands and characters are left. */
export function elevenLabsSubscriptionCheck(options: ElevenLabsAccount): Check {
  return {
    name: elevenLabsTitle("subscription", options),
    load: () => loadElevenLabs(options),
    run: () =>
      askElevenLabs(options, async (client, request) => judge(await client.user.subscription.get(request))),
  };
}

interface Subscription {
  readonly tier: string;
  readonly status: string;
  readonly characterCount: number;
  readonly characterLimit: number;
  /** Whether speech beyond the limit is billed instead of refused. */
  readonly canExtendCharacterLimit: boolean;
  readonly allowedToExtendCharacterLimit: boolean;
}

function judge(subscription: Subscription): Verdict {
  const { tier, status, characterCount, characterLimit } = subscription;
  if (!usable.includes(status)) {
    return fail(
      `the ${tier} subscription is ${status}`,
      "settle it at https://elevenlabs.io/app/subscription",
    );
  }
  const extended = subscription.canExtendCharacterLimit && subscription.allowedToExtendCharacterLimit;
  if (characterCount >= characterLimit && !extended) {
    return fail(
      `all ${characterLimit} characters of the ${tier} subscription are used up`,
      "wait for the next period, or choose a larger subscription at https://elevenlabs.io/app/subscription",
    );
  }
  const left = Math.max(0, characterLimit - characterCount);
  return ok(`the ${tier} subscription is ${status}, ${left} of ${characterLimit} characters are left`);
}

import { type Check, fail, ok, skip, type Verdict } from "./check.ts";
import { askTwilio, loadTwilio, type TwilioAccount } from "./twilio-account.ts";

/** Where Twilio asks what to do with a call. */
const WEBHOOK_PATH = "/api/phone/incoming";

export interface TwilioNumberCheckOptions extends TwilioAccount {
  /** `+` and digits. */
  readonly phoneNumber: string | undefined;
  /** The origin that Twilio sees. */
  readonly publicUrl: string;
  /** Whether only this machine reaches it: no URL to tell Twilio. */
  readonly loopback: boolean;
}

/** Whether a call to the number reaches this gateway. */
export function twilioNumberCheck(options: TwilioNumberCheckOptions): Check {
  const { phoneNumber, publicUrl, loopback } = options;
  return {
    name: "Twilio number",
    load: () => loadTwilio(options),
    async run() {
      if (phoneNumber === undefined) return skip("TWILIO_PHONE_NUMBER is not set");
      return askTwilio(options, async (client) => {
        const [number] = await client.incomingPhoneNumbers.list({ phoneNumber, limit: 1 });
        return number === undefined
          ? missing(phoneNumber)
          : judge(number, publicUrl + WEBHOOK_PATH, loopback);
      });
    },
  };
}

/** What decides where a call goes, in the order in which Twilio looks at it. */
interface NumberRouting {
  readonly phoneNumber: string;
  readonly capabilities?: { readonly voice?: boolean | undefined } | undefined;
  readonly trunkSid: string | null;
  readonly voiceApplicationSid: string | null;
  readonly voiceUrl: string | null;
  readonly voiceMethod: string | null;
}

function judge(number: NumberRouting, webhook: string, loopback: boolean): Verdict {
  const { phoneNumber, trunkSid, voiceApplicationSid, voiceUrl, voiceMethod } = number;
  const setting =
    (loopback ? "set PUBLIC_URL to an https origin that Twilio reaches, such as a tunnel's; then, " : "") +
    `in the Twilio console under Phone Numbers > Active numbers > ${phoneNumber} > Voice configuration, ` +
    `set "A call comes in" to Webhook, ${loopback ? `PUBLIC_URL${WEBHOOK_PATH}` : webhook}, HTTP POST`;
  if (number.capabilities?.voice === false) {
    return fail(`${phoneNumber} takes no voice calls`, "set TWILIO_PHONE_NUMBER to a number with voice");
  }
  if (trunkSid) {
    return fail(
      `${phoneNumber} belongs to the SIP trunk ${trunkSid}, so its calls never reach a webhook`,
      `take the number out of the trunk; then, ${setting}`,
    );
  }
  if (voiceApplicationSid) {
    return fail(
      `${phoneNumber} is handled by the TwiML app ${voiceApplicationSid}, so its own voice URL is not used`,
      setting,
    );
  }
  if (voiceUrl !== webhook) {
    return fail(`the voice URL of ${phoneNumber} is ${voiceUrl ? `"${voiceUrl}"` : "not set"}`, setting);
  }
  if (voiceMethod !== "POST") {
    return fail(`the voice URL of ${phoneNumber} is called with ${voiceMethod}, not POST`, setting);
  }
  return ok(`a call to ${phoneNumber} asks ${webhook} with POST`);
}

function missing(phoneNumber: string): Verdict {
  return fail(
    `the account has no number ${phoneNumber}`,
    "set TWILIO_PHONE_NUMBER to a number of this account (Phone Numbers > Active numbers), or buy one",
  );
}

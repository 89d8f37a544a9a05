import { type Check, fail, ok, type Verdict } from "./check.ts";
import { askTwilio, loadTwilio, type TwilioAccount } from "./twilio-account.ts";
import { statusOf } from "./vendor-failure.ts";

/** Whether Twilio accepts account and token, and the account is active. */
export function twilioAccountCheck(account: TwilioAccount): Check {
  return {
    name: "Twilio account",
    load: () => loadTwilio(account),
    run: () =>
      askTwilio(
        account,
        async (client, accountSid) => {
          const { status, type } = await client.api.v2010.accounts(accountSid).fetch();
          return judge(status, type);
        },
        (error) => (statusOf(error) === 404 ? unknownAccount(account) : undefined),
      ),
  };
}

function judge(status: string, type: string): Verdict {
  if (status !== "active") {
    return fail(`the account is ${status}`, "settle it with Twilio at https://console.twilio.com");
  }
  const trial = type === "Trial" ? " (a trial account: it calls verified numbers only)" : "";
  return ok(`account and token are accepted, and the account is active${trial}`);
}

function unknownAccount({ accountSid }: TwilioAccount): Verdict {
  return fail(
    `Twilio knows no account ${accountSid}`,
    "copy TWILIO_ACCOUNT_SID from Account Info at https://console.twilio.com",
  );
}

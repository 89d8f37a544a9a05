import type { Twilio } from "twilio";
import type { Clock } from "../runtime/clock.ts";
import { fail, skip, type Verdict } from "./check.ts";
import { statusOf, type Vendor, vendorFailure } from "./vendor-failure.ts";
import { packageTimeout, withinLimit } from "./within-limit.ts";

export interface TwilioAccount {
  readonly clock: Clock;
  readonly accountSid: string | undefined;
  readonly authToken: string | undefined;
  /** Origin of the REST API; unset: Twilio's. */
  readonly apiBaseUrl?: string | undefined;
  /** In ms. */
  readonly limit: number;
}

const twilioVendor: Vendor = {
  name: "Twilio",
  keyVariable: "TWILIO_AUTH_TOKEN",
  urlVariable: "TWILIO_API_BASE_URL",
  keyPage: "https://console.twilio.com",
};

/** Imports the vendor's package (0.4 s) when it is needed. */
export async function loadTwilio({ accountSid }: TwilioAccount): Promise<unknown> {
  return accountSid === undefined ? undefined : import("twilio");
}

/** Asks through the vendor's package. `errors` judges an error first; what it leaves is judged like any vendor's. */
export async function askTwilio(
  account: TwilioAccount,
  ask: (client: Twilio, accountSid: string) => Promise<Verdict>,
  errors: (error: unknown) => Verdict | undefined = () => undefined,
): Promise<Verdict> {
  const { clock, accountSid, authToken, limit } = account;
  if (accountSid === undefined) return skip("TWILIO_ACCOUNT_SID is not set");
  if (authToken === undefined) return skip("TWILIO_AUTH_TOKEN is not set");
  try {
    const client = await clientOf(account, accountSid, authToken);
    return await withinLimit(clock, limit, "Twilio's answer", () => ask(client, accountSid));
  } catch (error) {
    if (statusOf(error) === 401) return refused;
    return errors(error) ?? vendorFailure(error, twilioVendor);
  }
}

/** Twilio does not tell which of the two is wrong. */
const refused = fail(
  "Twilio does not accept account and token together (401)",
  "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to those under Account Info at https://console.twilio.com",
);

async function clientOf(
  { apiBaseUrl, limit }: TwilioAccount,
  accountSid: string,
  authToken: string,
): Promise<Twilio> {
  const { default: twilio } = await import("twilio");
  // A request cannot be aborted from outside: it ends by itself.
  const options = { timeout: packageTimeout(limit), autoRetry: false };
  if (apiBaseUrl === undefined) return twilio(accountSid, authToken, options);
  // Edge and region are put into the host's name, whatever the host.
  const client = twilio(accountSid, authToken, { ...options, edge: "", region: "" });
  client.api.baseUrl = apiBaseUrl;
  return client;
}

import type { AccountAnswer } from "./account-answer.ts";

/** The account behind the credentials. */
export interface TwilioAccountState {
  readonly accountSid: string;
  readonly authToken: string;
  /** `active`, `suspended` or `closed`; default `active`. */
  readonly status?: string;
  readonly numbers?: readonly TwilioNumber[];
}

/** A number as the REST API tells of it; what is left out is as on a new number with voice. */
export interface TwilioNumber {
  readonly phone_number: string;
  readonly voice_url?: string;
  readonly voice_method?: string;
  readonly voice_application_sid?: string | null;
  readonly trunk_sid?: string | null;
  readonly capabilities?: { readonly voice: boolean; readonly sms: boolean; readonly mms: boolean };
}

/** `GET /2010-04-01/Accounts/{sid}.json` */
export function accountAnswer({
  accountSid,
  authToken,
  status = "active",
}: TwilioAccountState): AccountAnswer {
  const body = { sid: accountSid, status, type: "Full", friendly_name: "Stand-in", auth_token: authToken };
  return { status: 200, body };
}

/** `GET …/IncomingPhoneNumbers.json`, filtered by `PhoneNumber`. */
export function numbersAnswer({ numbers = [] }: TwilioAccountState, query: URLSearchParams): AccountAnswer {
  const wanted = query.get("PhoneNumber");
  const found = numbers.filter(({ phone_number }) => wanted === null || phone_number === wanted);
  const body = {
    incoming_phone_numbers: found.map(numberBody),
    next_page_uri: null,
    page: 0,
    page_size: 50,
  };
  return { status: 200, body };
}

function numberBody(number: TwilioNumber, index: number): object {
  return {
    sid: `PN${String(index).padStart(32, "0")}`,
    friendly_name: number.phone_number,
    capabilities: { voice: true, sms: true, mms: false },
    voice_url: "",
    voice_method: "POST",
    voice_application_sid: null,
    trunk_sid: null,
    status: "in-use",
    ...number,
  };
}

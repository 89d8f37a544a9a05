import type { AccountAnswer } from "./account-answer.ts";

const codes: Readonly<Record<number, number>> = { 400: 20001, 401: 20003, 404: 20404, 429: 20429 };

/** The body of a refusal, in the shape of the API of 2010. https://www.twilio.com/docs/usage/twilios-response */
export function twilioRefusalBody(
  status: number,
  code = codes[status] ?? 20500,
  message = `Refused with ${status}`,
): object {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
}

export function twilioRefusal(status: number, code?: number, message?: string): AccountAnswer {
  return { status, body: twilioRefusalBody(status, code, message) };
}

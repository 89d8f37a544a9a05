import type { StatusEvent } from "../carrier/status-callbacks.ts";
import type { AccountAnswer } from "./account-answer.ts";
import { twilioRefusal } from "./twilio-refusal.ts";

/** What a request to create a call asks for. Times in ms. */
export interface TwilioCallOrder {
  readonly to: string;
  readonly from: string;
  readonly url: string | undefined;
  readonly twiml: string | undefined;
  readonly statusCallback: string | undefined;
  readonly statusEvents: readonly StatusEvent[];
  readonly ringLimit: number;
  readonly timeLimit: number;
  /** Where the machine detection reports to; only the asynchronous one is simulated. */
  readonly detectionUrl: string | undefined;
}

const E164 = /^\+[1-9]\d{6,14}$/;
const EVENTS: readonly StatusEvent[] = ["initiated", "ringing", "answered", "completed"];

/**
 * Reads the form of `POST …/Calls.json` as strictly as Twilio.
 * https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
 *
 * @param numbers the account's own; undefined: it may call from any.
 */
export function readCallOrder(
  form: URLSearchParams,
  numbers: readonly string[] | undefined,
): { readonly order: TwilioCallOrder } | { readonly refused: AccountAnswer } {
  const refused = numberProblem(form, numbers) ?? addressProblem(form) ?? amountProblem(form);
  if (refused !== undefined) return { refused };
  const events = form.getAll("StatusCallbackEvent").filter((event) => isEvent(event));
  const detects = form.has("MachineDetection") && form.get("AsyncAmd") === "true";
  return {
    order: {
      to: form.get("To") ?? "",
      from: form.get("From") ?? "",
      url: form.get("Url") ?? undefined,
      twiml: form.has("Url") ? undefined : (form.get("Twiml") ?? undefined),
      statusCallback: form.get("StatusCallback") ?? undefined,
      statusEvents: events.length > 0 ? events : ["completed"],
      ringLimit: Number(form.get("Timeout") ?? "60") * 1000,
      timeLimit: Number(form.get("TimeLimit") ?? "14400") * 1000,
      detectionUrl: detects ? (form.get("AsyncAmdStatusCallback") ?? undefined) : undefined,
    },
  };
}

/** Whether that is a number that Twilio calls, or calls from, as far as its form tells. */
function numberProblem(
  form: URLSearchParams,
  numbers: readonly string[] | undefined,
): AccountAnswer | undefined {
  const to = form.get("To");
  const from = form.get("From");
  if (to === null) return twilioRefusal(400, 21201, "No 'To' number is specified");
  if (from === null) return twilioRefusal(400, 21213, "'From' phone number is required");
  if (!E164.test(to) || to === from) {
    return twilioRefusal(400, 21211, `The phone number you are attempting to call, ${to}, is not valid.`);
  }
  if (!E164.test(from))
    return twilioRefusal(400, 21212, `The 'From' number ${from} is not a valid phone number.`);
  if (numbers === undefined || numbers.includes(from)) return undefined;
  const message = `The source phone number provided, ${from}, is not yet verified for your account.`;
  return twilioRefusal(400, 21210, message);
}

function addressProblem(form: URLSearchParams): AccountAnswer | undefined {
  if (!form.has("Url") && !form.has("Twiml")) return twilioRefusal(400, 21205, "Url parameter is required.");
  if (form.has("Url") && !isWebAddress(form.get("Url"))) {
    return twilioRefusal(400, 21205, `Url is not a valid URL: ${form.get("Url")}`);
  }
  for (const name of ["StatusCallback", "AsyncAmdStatusCallback"]) {
    if (!form.has(name) || isWebAddress(form.get(name))) continue;
    return twilioRefusal(400, 21609, `The '${name}' URL ${form.get(name)} is not a valid URL.`);
  }
  return undefined;
}

function amountProblem(form: URLSearchParams): AccountAnswer | undefined {
  const timeout = Number(form.get("Timeout") ?? "60");
  const timeLimit = Number(form.get("TimeLimit") ?? "14400");
  const good = timeout >= 1 && timeout <= 600 && timeLimit >= 1;
  return good ? undefined : twilioRefusal(400, 20001, "Timeout or TimeLimit is out of range");
}

/** Host names with underscores are refused. */
function isWebAddress(text: string | null): boolean {
  const url = text === null ? null : URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !url.hostname.includes("_");
}

function isEvent(text: string): text is StatusEvent {
  return (EVENTS as readonly string[]).includes(text);
}

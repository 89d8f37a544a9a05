import { randomBytes } from "node:crypto";
import type { PhoneOptions } from "./phone-options.ts";
import type { StreamIdentity } from "./stream-wire.ts";
import type { Form } from "./webhook-client.ts";

/** Who calls whom, in the words of Twilio's requests. */
export class CallParameters {
  readonly callSid: string;
  readonly #accountSid: string;
  readonly #numbers: Form;

  constructor(options: PhoneOptions) {
    const { from, to, direction = "inbound" } = options;
    this.callSid = options.callSid ?? randomSid("CA");
    this.#accountSid = options.accountSid ?? `AC${"0".repeat(32)}`;
    this.#numbers = { Called: to, Caller: from, Direction: direction, From: from, To: to };
  }

  /** What every request about the call carries. */
  form(callStatus: string): Form {
    return {
      AccountSid: this.#accountSid,
      ApiVersion: "2010-04-01",
      CallSid: this.callSid,
      CallStatus: callStatus,
      ...this.#numbers,
    };
  }

  /** What the status callback carries besides, when the call is over: `duration` in ms, `wall` since the epoch. */
  finalForm(callStatus: string, duration: number, wall: number): Form {
    return {
      ...this.form(callStatus),
      CallDuration: String(Math.round(duration / 1000)),
      CallbackSource: "call-progress-events",
      SequenceNumber: "0",
      Timestamp: new Date(wall).toUTCString().replace("GMT", "+0000"),
    };
  }

  /** The names of a new media stream. */
  newStream(): StreamIdentity {
    return { accountSid: this.#accountSid, callSid: this.callSid, streamSid: randomSid("MZ") };
  }
}

function randomSid(prefix: string): string {
  return prefix + randomBytes(16).toString("hex");
}

import { randomBytes } from "node:crypto";
import type { PhoneOptions } from "./phone-options.ts";
import type { StreamIdentity } from "./stream-wire.ts";
import type { Form } from "./webhook-client.ts";

/** Who calls whom. */
export type CallIdentity = Pick<PhoneOptions, "from" | "to" | "direction" | "callSid" | "accountSid">;

/** Who calls whom, in the words of Twilio's requests. */
export class CallParameters {
  readonly callSid: string;
  readonly #accountSid: string;
  readonly #numbers: Form;

  constructor(options: CallIdentity) {
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

  /** What a status callback carries; `sequence` counts the call's callbacks from 0, `wall` is Unix ms. */
  progressForm(callStatus: string, sequence: number, wall: number): Form {
    return {
      ...this.form(callStatus),
      CallbackSource: "call-progress-events",
      SequenceNumber: String(sequence),
      Timestamp: rfc2822(wall),
    };
  }

  /** What the last status callback carries: `duration` is how long was talked, in ms. */
  finalForm(callStatus: string, duration: number, wall: number, sequence = 0): Form {
    return {
      ...this.progressForm(callStatus, sequence, wall),
      CallDuration: String(Math.round(duration / 1000)),
      ...(callStatus === "completed" && { Duration: String(Math.ceil(duration / 60_000)) }),
      SipResponseCode: sipResponses[callStatus] ?? "200",
    };
  }

  /** What the callback of the machine detection carries; `duration` is how long that took, in ms. */
  detectionForm(answeredBy: string, duration: number): Form {
    return {
      AccountSid: this.#accountSid,
      CallSid: this.callSid,
      AnsweredBy: answeredBy,
      MachineDetectionDuration: String(Math.round(duration)),
    };
  }

  /** The names of a new media stream. */
  newStream(): StreamIdentity {
    return { accountSid: this.#accountSid, callSid: this.callSid, streamSid: randomSid("MZ") };
  }
}

const sipResponses: Readonly<Record<string, string>> = {
  busy: "486",
  "no-answer": "487",
  canceled: "487",
  failed: "404",
};

/** @param wall Unix ms. */
export function rfc2822(wall: number): string {
  return new Date(wall).toUTCString().replace("GMT", "+0000");
}

function randomSid(prefix: string): string {
  return prefix + randomBytes(16).toString("hex");
}

import type { Clock } from "../../runtime/clock.ts";
import type { CallerScript } from "./caller-script.ts";
import type { CallListeners } from "./ongoing-call.ts";
import type { PhoneExchange } from "./phone-exchange.ts";

export interface PhoneOptions extends CallListeners {
  readonly clock: Clock;
  /** Shared by all phones of the process. */
  readonly exchange: PhoneExchange;
  /** The number's voice webhook, as Twilio would be told it; signed so. */
  readonly voiceUrl: string;
  /** Asked with `ErrorCode` and `ErrorUrl` when another webhook has failed, as the number's "fallback" is. */
  readonly fallbackUrl?: string;
  /** The document to follow instead of asking the voice webhook, as for an outbound call. */
  readonly twiml?: string;
  /** Gets `CallStatus=completed` when the call is over; a failure of it is ignored, as Twilio does. */
  readonly statusUrl?: string;
  /** `http://host:port` to connect to instead of the origins of the URLs, which are signed all the same. */
  readonly dialOrigin?: string;
  /** Twilio's auth token; set: every request and the upgrade carry a signature. */
  readonly authToken?: string;
  readonly accountSid?: string;
  /** `CA` and 32 hex digits; random when not given. */
  readonly callSid?: string;
  readonly from: string;
  readonly to: string;
  readonly direction?: "inbound" | "outbound-api";
  readonly script: CallerScript;
  /** How long a `<Gather>` waits for a caller whose script is done, in ms; default: not at all. */
  readonly gatherTimeout?: number;
  /** The call is hung up after so long, in ms, whatever happens. */
  readonly limit: number;
  /** Keep what both sides said: 16 kB per second of sound. */
  readonly record?: boolean;
}

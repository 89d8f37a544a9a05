import { join } from "node:path";
import type { SimulatedLine } from "./calls/call-control.ts";
import type { Carrier } from "./calls/carrier.ts";
import type { Config } from "./config/config.ts";
import type { Clock } from "./runtime/clock.ts";
import { SimulatedCarrier } from "./simulation/carrier/simulated-carrier.ts";
import { TwilioCarrier } from "./telephony/twilio-carrier.ts";

/** Who carries the calls. */
export interface Carriers {
  /** Places outbound calls: Twilio where there is an account, else the simulated one. */
  readonly outbound: Carrier;
  readonly simulated: SimulatedLine;
  of(name: string): Carrier | undefined;
  close(): Promise<void>;
}

export interface CarrierOrigins {
  /** As Twilio sees the gateway. */
  readonly publicUrl: () => string;
  /** Where the simulated carrier reaches it: the loopback port. */
  readonly ownUrl: () => string;
}

/** The configured carriers; the simulated one is always there, since `/receive` needs no account. */
export async function composeCarriers(
  config: Config,
  clock: Clock,
  { publicUrl, ownUrl }: CarrierOrigins,
): Promise<Carriers> {
  const { accountSid, authToken, apiBaseUrl } = config.twilio;
  const simulated = await SimulatedCarrier.open({
    clock,
    publicUrl,
    dialOrigin: ownUrl,
    ...(authToken !== undefined && { authToken }),
    ...(config.dataDir !== ":memory:" && { file: join(config.dataDir, "simulated-carrier.jsonl") }),
  });
  const twilio =
    accountSid === undefined || authToken === undefined
      ? undefined
      : new TwilioCarrier({
          accountSid,
          authToken,
          clock,
          publicUrl,
          ...(apiBaseUrl && { baseUrl: apiBaseUrl }),
        });
  const all: Carrier[] = twilio === undefined ? [simulated] : [simulated, twilio];
  return {
    outbound: twilio ?? simulated,
    simulated,
    of: (name) => all.find((carrier) => carrier.name === name),
    async close() {
      await Promise.allSettled(all.map((carrier) => carrier.close()));
    },
  };
}

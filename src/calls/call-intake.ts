import { randomBytes } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { AgentProfile } from "./agent-profile.ts";
import type { Call } from "./call.ts";
import type { CallRecord, CallRegistry } from "./call-registry.ts";
import type { SessionIds } from "./session-ids.ts";
import type { SpentTokens } from "./spent-tokens.ts";
import { checkStreamToken, mintStreamToken, STREAM_TOKEN_LIFETIME } from "./stream-token.ts";

/** What the carrier says of a call when it asks what to do with it. */
export interface IncomingCall {
  readonly sipCallId: string;
  readonly from: string;
  readonly to: string;
  /** The carrier has come to the `<Redirect>` behind `</Connect>`: the call's media socket is closed. */
  readonly afterMedia: boolean;
}

/** What the carrier is told. */
export type IntakeAnswer =
  | { readonly action: "connect"; readonly call: Call; readonly token: string }
  /** No line is free, or the gateway is shutting down. */
  | { readonly action: "busy" }
  | { readonly action: "hang-up" };

export interface CallIntakeOptions {
  readonly registry: CallRegistry;
  /** Who answers calls to this number. */
  readonly profileFor: (called: string) => AgentProfile;
  readonly sessionIds: SessionIds;
  readonly spentTokens: SpentTokens;
  readonly tokenKey: Buffer;
  readonly clock: Clock;
}

/** Lets calls in: answers the carrier's question what to do, and checks the media socket that follows. */
export class CallIntake {
  readonly #options: CallIntakeOptions;

  constructor(options: CallIntakeOptions) {
    this.#options = options;
  }

  /**
   * The carrier may ask several times for one call: again when its first request got no answer, and once
   * its media socket has closed. A call without media gets a (fresh) token; one that lost its media gets a
   * new session; one that ended is hung up. Asking never disturbs a call whose media is here.
   */
  incoming(incoming: IncomingCall): IntakeAnswer {
    const { registry } = this.#options;
    const known = registry.findBySipCallId(incoming.sipCallId);
    if (known?.phase === "in-progress" && incoming.afterMedia)
      registry.end(known.call.sessionId, "media-lost");
    if (known !== undefined && known.phase !== "ended") return this.#connect(known);
    if (known !== undefined && known.endReason !== "media-lost") return { action: "hang-up" };
    const profile = this.#options.profileFor(incoming.to);
    try {
      return this.#connect(
        registry.admit({
          sessionId: this.#options.sessionIds.next(),
          sipCallId: incoming.sipCallId,
          direction: "inbound",
          from: incoming.from,
          to: incoming.to,
          profile: known === undefined ? profile : { ...profile, greeting: profile.phrases.reconnected },
          createdAt: this.#options.clock.wall(),
        }),
      );
    } catch (error) {
      if (error instanceof GatewayError && error.retryable) return { action: "busy" };
      throw error;
    }
  }

  /**
   * The media socket of a call presents its token. Throws `FORBIDDEN` when the token is not good for this
   * call or was spent, `CONFLICT` when the call already has its media or is over.
   */
  async claim(token: string, sipCallId: string): Promise<Call> {
    const { clock, registry, spentTokens, tokenKey } = this.#options;
    const claims = checkStreamToken(tokenKey, token, sipCallId, clock.wall());
    if (typeof claims === "string") throw new GatewayError("FORBIDDEN", `The stream token is ${claims}.`);
    if (!(await spentTokens.spend(claims.nonce, claims.expiresAt, clock.wall()))) {
      throw new GatewayError("FORBIDDEN", "The stream token was used before.");
    }
    const record = registry.find(claims.sessionId);
    if (record === undefined || !registry.answer(claims.sessionId)) {
      throw new GatewayError("CONFLICT", "The call already has a media stream, or is over.");
    }
    return record.call;
  }

  #connect({ call }: CallRecord): IntakeAnswer {
    const token = mintStreamToken(this.#options.tokenKey, {
      sessionId: call.sessionId,
      sipCallId: call.sipCallId,
      expiresAt: this.#options.clock.wall() + STREAM_TOKEN_LIFETIME,
      nonce: randomBytes(12).toString("base64url"),
    });
    return { action: "connect", call, token };
  }
}

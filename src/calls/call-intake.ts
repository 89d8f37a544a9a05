import { randomBytes } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { AgentProfile } from "./agent-profile.ts";
import type { Call, CallDirection } from "./call.ts";
import { CallDoor, type Entry } from "./call-door.ts";
import { isEnding } from "./call-lifecycle.ts";
import type { CallRecord } from "./call-record.ts";
import type { CallRegistry } from "./call-registry.ts";
import { type CallTakeover, PATIENCE } from "./call-takeover.ts";
import { newCall } from "./new-call.ts";
import type { SessionIds } from "./session-ids.ts";
import type { SpentTokens } from "./spent-tokens.ts";
import { checkStreamToken, mintStreamToken, STREAM_TOKEN_LIFETIME } from "./stream-token.ts";

/** What the carrier says of a call when it asks what to do with it. */
export interface IncomingCall {
  readonly sipCallId: string;
  /** Ours, when we have placed the call: the carrier gives it back. */
  readonly sessionId?: number;
  readonly direction: CallDirection;
  readonly carrier: string;
  readonly from: string;
  readonly to: string;
  /** The carrier has come to the `<Redirect>` behind `</Connect>`: the call's media socket is closed. */
  readonly afterMedia: boolean;
  /** How often the caller was told to wait for a line. A count; unset: 0. */
  readonly waits?: number;
}

/** What the carrier is told. */
export type IntakeAnswer =
  | { readonly action: "connect"; readonly call: Call; readonly token: string }
  /** The carrier is to recognise and say the words itself. */
  | { readonly action: "gather"; readonly call: Call }
  /** No line is free: the caller is to wait, or is offered to be called back. */
  | { readonly action: "queue" | "callback" }
  /** No line is free and there is nothing to offer, or the gateway is shutting down. */
  | { readonly action: "busy" }
  /** This process takes no calls, but another one does: the carrier is to ask again. */
  | { readonly action: "elsewhere" }
  | { readonly action: "hang-up" };

export interface CallIntakeOptions {
  readonly registry: CallRegistry;
  /** Who answers calls to this number, or places them from it. */
  readonly profileFor: (own: string) => AgentProfile;
  /** Whether recogniser or voice are known to be down. */
  readonly speechIsDown: () => boolean;
  readonly sessionIds: SessionIds;
  readonly spentTokens: SpentTokens;
  readonly tokenKey: Buffer;
  /** The longest that a caller waits for a line, in ms; unset: {@link QUEUE_TIME}. */
  readonly queueTime?: number;
  /** Brings calls here that other processes have had; unset: there are none. */
  readonly takeover?: CallTakeover;
  /** Whether others take calls when this process does not any more. */
  readonly othersTakeCalls?: () => boolean;
  readonly clock: Clock;
}

/** How often the carrier is told to look for the process that makes a reply; then another one makes it. */
const MOST_MISSES = 5;

/** In ms. */
const QUEUE_TIME = 120_000;

/** Lets calls in: answers the carrier's question what to do, and checks the media socket that follows. */
export class CallIntake {
  readonly #options: CallIntakeOptions;
  readonly #door: CallDoor;

  constructor(options: CallIntakeOptions) {
    this.#options = options;
    this.#door = new CallDoor({ queueTime: QUEUE_TIME, ...options });
  }

  /**
   * Before {@link incoming}: a call that comes back from its media stream, or that was placed, may be another process's.
   * Never rejects.
   */
  async fetch({ afterMedia, sipCallId, sessionId }: IncomingCall): Promise<void> {
    const { registry, takeover } = this.#options;
    if (registry.draining) return;
    if (afterMedia) await takeover?.returns(sipCallId);
    else if (sessionId !== undefined) await takeover?.placed(sessionId);
  }

  /**
   * Before a caller's words are answered: the call may be another process's. Never rejects.
   *
   * @param waits how often the carrier was told to ask again for the reply to them.
   * @returns false when it is to ask again, as another process may be making the reply.
   */
  async fetchDialogue(sipCallId: string, waits: number): Promise<boolean> {
    const { registry, takeover } = this.#options;
    if (takeover === undefined) return true;
    const mayBeMade = takeover.shared && waits > 0 && waits <= MOST_MISSES;
    await takeover.returns(sipCallId, { ifWaiting: mayBeMade, patience: PATIENCE });
    return !mayBeMade || registry.findBySipCallId(sipCallId) !== undefined;
  }

  /**
   * The carrier may ask several times for one call: again when its first request got no answer, and once
   * its media socket has closed. A call without media gets a (fresh) token and goes on where it was; one that has
   * ended is hung up, unless it had waited for its media in vain: then it gets a new session. Asking never disturbs
   * a call whose media is here.
   */
  incoming(incoming: IncomingCall): IntakeAnswer {
    const { registry, othersTakeCalls } = this.#options;
    const known = this.#known(incoming);
    if (known !== undefined && incoming.afterMedia) {
      registry.mediaLost(known.call.sessionId);
      registry.events.emit("returning", { sessionId: known.call.sessionId });
    }
    if (known !== undefined && !isEnding(known.status)) return this.#goOn(known, incoming.sipCallId);
    if (known !== undefined && known.endReason !== "media-lost") return { action: "hang-up" };
    if (registry.draining && othersTakeCalls?.() === true) return { action: "elsewhere" };
    const entry = this.#door.decide({
      ...incoming,
      profile: this.profileOf(incoming),
      inProgress: known !== undefined || incoming.afterMedia || incoming.direction === "outbound",
      waits: incoming.waits ?? 0,
    });
    if (entry.action !== "admit") return entry;
    try {
      return this.#goOn(this.#admit(incoming, known, entry), incoming.sipCallId);
    } catch (error) {
      if (error instanceof GatewayError && error.code === "STORE_UNAVAILABLE")
        registry.events.emit("refused", { reason: "store", offered: "busy" });
      if (error instanceof GatewayError && error.retryable) return { action: "busy" };
      throw error;
    }
  }

  /**
   * The media socket of a call presents its token. Throws `FORBIDDEN` when the token is not good for this
   * call or was spent, `CONFLICT` when the call already has its media or is over.
   */
  async claim(token: string, sipCallId: string): Promise<Call> {
    const { clock, registry, spentTokens, tokenKey, takeover } = this.#options;
    const claims = checkStreamToken(tokenKey, token, sipCallId, clock.wall());
    if (typeof claims === "string") throw new GatewayError("FORBIDDEN", `The stream token is ${claims}.`);
    if (!(await spentTokens.spend(claims.nonce, claims.expiresAt, clock.wall()))) {
      throw new GatewayError("FORBIDDEN", "The stream token was used before.");
    }
    if (registry.find(claims.sessionId) === undefined) await takeover?.streams(claims.sessionId);
    const record = registry.find(claims.sessionId);
    if (record === undefined || !registry.claimMedia(claims.sessionId)) {
      throw new GatewayError("CONFLICT", "The call already has a media stream, or is over.");
    }
    return record.call;
  }

  /** By our own id when the carrier gives it back, else by the carrier's. */
  #known({ sessionId, sipCallId }: IncomingCall): CallRecord | undefined {
    const { registry } = this.#options;
    const newest = registry.findBySipCallId(sipCallId);
    if (newest !== undefined || sessionId === undefined) return newest;
    const placed = registry.find(sessionId);
    return placed?.call.sipCallId === undefined ? placed : undefined;
  }

  /** A call whose other end has picked up, or waits to be answered. */
  #goOn(record: CallRecord, sipCallId: string): IntakeAnswer {
    const { registry } = this.#options;
    const { sessionId, direction, media } = record.call;
    registry.placed(sessionId, sipCallId);
    if (direction === "outbound" || media === "gather") registry.answer(sessionId);
    return media === "gather" ? { action: "gather", call: record.call } : this.#connect(record.call);
  }

  /** Whose call it is. */
  profileOf({ direction, from, to }: Pick<IncomingCall, "direction" | "from" | "to">): AgentProfile {
    return this.#options.profileFor(direction === "inbound" ? to : from);
  }

  #admit(
    incoming: IncomingCall,
    lost: CallRecord | undefined,
    { media, place }: Extract<Entry, { action: "admit" }>,
  ): CallRecord {
    const { registry, sessionIds, clock } = this.#options;
    const { sipCallId, direction, carrier, from, to } = incoming;
    const profile = this.profileOf(incoming);
    const { reconnected } = profile.phrases;
    const call = newCall(
      {
        sessionId: sessionIds.next(),
        sipCallId,
        kind: direction,
        carrier,
        from,
        to,
        profile: incoming.afterMedia || lost !== undefined ? { ...profile, greeting: reconnected } : profile,
        media,
        ...(lost && {
          customerId: lost.call.customerId,
          trunkId: lost.call.trunkId,
          metadata: lost.call.metadata,
        }),
      },
      clock.wall(),
      (room) => registry.live.some(({ call: { roomName } }) => roomName === room),
    );
    return registry.admit(call, "ringing", place);
  }

  #connect(call: Call): IntakeAnswer {
    const token = mintStreamToken(this.#options.tokenKey, {
      sessionId: call.sessionId,
      sipCallId: call.sipCallId ?? "",
      expiresAt: this.#options.clock.wall() + STREAM_TOKEN_LIFETIME,
      nonce: randomBytes(12).toString("base64url"),
    });
    return { action: "connect", call, token };
  }
}

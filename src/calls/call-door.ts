import type { Clock } from "../runtime/clock.ts";
import { isPhoneNumber } from "../runtime/phone-number.ts";
import type { CallRefusal } from "./admission.ts";
import type { AgentProfile } from "./agent-profile.ts";
import type { CallMedia } from "./call.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { LinePlace } from "./lines.ts";
import type { OverloadOffer } from "./overload-policy.ts";

/** A call that wants to come in. */
export interface Arrival {
  readonly sipCallId: string;
  /** As the carrier gave it. */
  readonly from: string;
  readonly profile: AgentProfile;
  /** Somebody is on the line already: it is taken, however many there are. */
  readonly inProgress: boolean;
  /** How often it was told to wait. A count. */
  readonly waits: number;
}

/** How it comes in; or what becomes of it instead. */
export type Entry =
  | { readonly action: "admit"; readonly media: CallMedia; readonly place: LinePlace }
  | { readonly action: Exclude<OverloadOffer, "gather"> };

export interface CallDoorOptions {
  readonly registry: CallRegistry;
  /** Whether recogniser or voice are known to be down. */
  readonly speechIsDown: () => boolean;
  /** The longest that a caller waits in the queue, in ms. */
  readonly queueTime: number;
  readonly clock: Clock;
}

/** How long a caller waits until he is looked at again, in ms. */
export const QUEUE_PAUSE = 5_000;

/** What the words and the requests around the pause may take; who is not heard of after that has hung up, in ms. */
const QUEUE_GRACE = 20_000;

/** Decides how calls come in. What it says holds until something else comes in, so it is to be done at once. */
export class CallDoor {
  readonly #options: CallDoorOptions;

  constructor(options: CallDoorOptions) {
    this.#options = options;
  }

  decide(arrival: Arrival): Entry {
    const { registry, clock } = this.#options;
    const { sipCallId, profile, inProgress } = arrival;
    const { waiting } = registry.lines;
    const isNew = arrival.waits === 0 && !waiting.has(sipCallId, clock.now());
    if (registry.draining && !inProgress) return this.#refused("draining", "busy", arrival, isNew);
    const place = { inProgress, ahead: waiting.aheadOf(sipCallId, clock.now()) };
    const media = this.#wanted(profile);
    const reason = registry.lines.refusal(media, place);
    if (reason === undefined) return this.#admitted(media, place, arrival);
    if (reason !== "store" && media === "stream" && profile.overload.offer === "gather") {
      if (registry.lines.refusal("gather", place) === undefined) {
        registry.events.emit("refused", { reason, offered: "gather" });
        return this.#admitted("gather", place, arrival);
      }
    }
    return this.#refused(reason, reason === "store" ? "busy" : this.#instead(arrival), arrival, isNew);
  }

  /** A media stream where the profile and the speech providers allow it. */
  #wanted({ mode }: AgentProfile): CallMedia {
    return mode !== "speech-gather" && !this.#options.speechIsDown() ? "stream" : "gather";
  }

  #admitted(media: CallMedia, place: LinePlace, { sipCallId }: Arrival): Entry {
    const { registry } = this.#options;
    if (registry.lines.waiting.leave(sipCallId)) registry.events.emit("queue-left", { outcome: "admitted" });
    return { action: "admit", media, place };
  }

  #instead({ sipCallId, from, profile, waits }: Arrival): Exclude<OverloadOffer, "gather"> {
    const { registry, queueTime, clock } = this.#options;
    const { offer } = profile.overload;
    if (offer === "gather" || offer === "busy") return "busy";
    if (offer === "queue" && waits * QUEUE_PAUSE < queueTime) {
      if (registry.lines.waiting.wait(sipCallId, clock.now(), QUEUE_PAUSE + QUEUE_GRACE)) return "queue";
    }
    return isPhoneNumber(from) ? "callback" : "busy";
  }

  #refused(
    reason: CallRefusal | "draining",
    action: Exclude<OverloadOffer, "gather">,
    { sipCallId }: Arrival,
    isNew: boolean,
  ): Entry {
    const { registry } = this.#options;
    if (isNew) registry.events.emit("refused", { reason, offered: action });
    if (action !== "queue" && registry.lines.waiting.leave(sipCallId)) {
      registry.events.emit("queue-left", { outcome: action });
    }
    return { action };
  }
}

import { callId } from "../../calls/call.ts";
import type { CallMilestones } from "../../calls/call-milestones.ts";
import type { CallStore, StoredMilestone } from "../../calls/call-store.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { LiveClient, type LiveSocket } from "./live-client.ts";
import type { RecentMilestones } from "./recent-milestones.ts";

/** Milestones that a client may catch up on; of older ones it is told that they are missing. */
const MOST_REPLAYED = 10_000;

/** Milestones asked of the store at a time. */
const PAGE = 500;

/** Milestones that are told in one go when the past meets the present. */
const LAST_STEP = 200;

/** RFC 6455's registry: what the client wants cannot be served now; it may try again. */
const TRY_AGAIN_LATER = 1013;

/** How far the past was told. */
interface Replayed {
  /** Id of the last milestone told. */
  readonly last: number;
  /** Whether some of those that follow it cannot be told. */
  readonly incomplete: boolean;
}

export interface CallFeedOptions {
  readonly milestones: CallMilestones;
  readonly recent: RecentMilestones;
  readonly store: Pick<CallStore, "milestones">;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** One client's feed of what becomes of all calls: from now on, or from the last milestone that it has seen. */
export class CallFeed {
  readonly #options: CallFeedOptions;
  readonly #client: LiveClient;
  #undo: Cancel = () => {};

  constructor(socket: LiveSocket, options: CallFeedOptions) {
    this.#options = options;
    this.#client = new LiveClient({
      socket,
      clock: options.clock,
      droppedNotice: (count) => ({ event: "updates_dropped", count }),
      onClosed: () => this.#undo(),
    });
  }

  /** @param after id of the last milestone that the client has seen; unset: it wants no past. */
  start(after?: number): void {
    this.#client.start();
    if (after === undefined) this.#follow();
    else void this.#catchUp(after);
  }

  /** First what is written, then what may not be written yet, then what happens: no gap, nothing twice. */
  async #catchUp(after: number): Promise<void> {
    const { recent } = this.#options;
    const past = await this.#replay(after);
    if (past === undefined || this.#client.closed) return;
    let { last } = past;
    if (past.incomplete) this.#client.send({ event: "updates_dropped", last_event_id: last });
    for (let rest = recent.after(last); rest.length > LAST_STEP; rest = recent.after(last)) {
      const step = rest.slice(0, LAST_STEP);
      await this.#client.sendAll(step.map(messageOf));
      if (this.#client.closed) return;
      last = step.at(-1)?.id ?? last;
    }
    for (const milestone of recent.after(last)) this.#client.send(messageOf(milestone));
    this.#follow();
  }

  /** Tells what the store has. Undefined when it cannot be asked and is needed: the client is told to come again. */
  async #replay(after: number): Promise<Replayed | undefined> {
    const { store, recent, onError } = this.#options;
    let last = after;
    try {
      for (let told = 0; told < MOST_REPLAYED; told += PAGE) {
        const page = await store.milestones(last, PAGE);
        await this.#client.sendAll(page.map(messageOf));
        last = page.at(-1)?.id ?? last;
        if (page.length < PAGE || this.#client.closed) {
          return { last, incomplete: recent.hasForgottenAfter(last) };
        }
      }
      const [next] = await store.milestones(last, 1);
      return { last, incomplete: next !== undefined && !recent.reachBackTo(next.id) };
    } catch (error) {
      if (recent.reachBackTo(last)) return { last, incomplete: false };
      onError(error);
      this.#client.close(TRY_AGAIN_LATER, "the past cannot be read");
      return undefined;
    }
  }

  #follow(): void {
    this.#undo = this.#options.milestones.events.on("milestone", (milestone) =>
      this.#client.send(messageOf(milestone)),
    );
  }
}

function messageOf({ id, event, sessionId, roomName, timestamp }: StoredMilestone): object {
  return {
    event,
    id,
    call_id: callId(sessionId),
    session_id: sessionId,
    room_name: roomName,
    timestamp: new Date(timestamp).toISOString(),
  };
}

import type { Cancel, Clock } from "../runtime/clock.ts";
import { TypedEvents } from "../runtime/typed-events.ts";
import type { Call } from "./call.ts";
import type { CallEvent } from "./call-event.ts";
import type { CallEnding } from "./call-lifecycle.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { MilestoneName, StoredMilestone } from "./call-store.ts";
import type { SessionIds } from "./session-ids.ts";

const nameOfEnding: Readonly<Record<CallEnding, MilestoneName>> = {
  completed: "call_ended",
  canceled: "call_ended",
  busy: "call_failed",
  "no-answer": "call_failed",
  failed: "call_failed",
};

/** The milestones of all calls, numbered, as a fold over their events: what the live feed of calls tells. */
export class CallMilestones {
  readonly events: TypedEvents<{ milestone: StoredMilestone }>;
  readonly #registry: CallRegistry;
  readonly #ids: SessionIds;
  readonly #clock: Clock;

  constructor(
    registry: CallRegistry,
    ids: SessionIds,
    clock: Clock,
    onListenerError: (error: unknown) => void,
  ) {
    this.#registry = registry;
    this.#ids = ids;
    this.#clock = clock;
    this.events = new TypedEvents(onListenerError);
  }

  /** Begins to follow the calls. */
  start(): Cancel {
    return this.#registry.events.on("event", (event) => {
      const name = milestoneOf(event);
      const record = name === undefined ? undefined : this.#registry.find(event.sessionId);
      if (name !== undefined && record !== undefined) this.tell(name, record.call);
    });
  }

  /** A milestone of a call that this process did not have itself. */
  tell(event: MilestoneName, { sessionId, roomName }: Pick<Call, "sessionId" | "roomName">): void {
    const [id, timestamp] = [this.#ids.next(), this.#clock.wall()];
    this.events.emit("milestone", { id, event, sessionId, roomName, timestamp });
  }
}

function milestoneOf(event: CallEvent): MilestoneName | undefined {
  switch (event.type) {
    case "call-started":
      return "call_started";
    case "call-answered":
      return "call_answered";
    case "call-ended":
      return nameOfEnding[event.status];
    default:
      return undefined;
  }
}

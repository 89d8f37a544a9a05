import type { CallRecord } from "./call-record.ts";
import type { CallRecorder } from "./call-recorder.ts";
import type { CallRegistry } from "./call-registry.ts";

export interface HandOverOptions {
  readonly registry: CallRegistry;
  readonly recorder: Pick<CallRecorder, "conversation" | "flushed" | "isWritten">;
  /** Whether nobody would lose a word if the conversation went on elsewhere from now on. */
  readonly isQuiet: (sessionId: number) => boolean;
}

/**
 * Gives live calls away, each at a quiet moment: all of it is in the store before its media socket is closed, so that
 * whoever the carrier comes to next goes on with it. Calls that ring at the other end are always quiet.
 */
export class HandOver {
  readonly #options: HandOverOptions;

  constructor(options: HandOverOptions) {
    this.#options = options;
  }

  /** Gives away those that are quiet now; answers how many. Rejects with `STORE_UNAVAILABLE`: none then. */
  async round(): Promise<number> {
    const { registry, recorder } = this.#options;
    const quiet = registry.live.filter((record) => this.#isQuiet(record)).map(({ call }) => call.sessionId);
    if (quiet.length === 0) return 0;
    for (const sessionId of quiet) {
      // In a call that rings nothing was said yet: whoever takes it begins it.
      if (registry.find(sessionId)?.answeredAt !== undefined) recorder.conversation(sessionId);
    }
    await recorder.flushed();
    // A call in which something has happened meanwhile has its next chance in the next round.
    const still = quiet.filter((sessionId) => {
      const record = registry.find(sessionId);
      return record !== undefined && this.#isQuiet(record) && recorder.isWritten(sessionId);
    });
    for (const sessionId of still) registry.move(sessionId);
    return still.length;
  }

  #isQuiet({ call, answeredAt, mediaClaimed }: CallRecord): boolean {
    const { sessionId, direction, sipCallId, media } = call;
    if (answeredAt === undefined) return direction === "outbound" && sipCallId !== undefined;
    return (mediaClaimed || media === "gather") && this.#options.isQuiet(sessionId);
  }
}

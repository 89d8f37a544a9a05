import type { Clock } from "../../runtime/clock.ts";
import type { CallArguments } from "./call-arguments.ts";
import type { CallReport } from "./call-report.ts";
import { type KeyPress, measuredLines } from "./call-summary.ts";
import type { PhoneEvent } from "./ongoing-call.ts";
import { TranscriptClient } from "./transcript-client.ts";
import { spokenLine, type TranscriptEntry, TranscriptLines } from "./transcript-lines.ts";

/**
 * Prints who says what, as it becomes known: the words from the gateway's live feed and transcript; without
 * those, when each side was heard.
 */
export class ConversationPrinter {
  readonly #clock: Clock;
  readonly #client: TranscriptClient;
  readonly #print: (line: string) => void;
  readonly #keys: KeyPress[] = [];
  #lines: TranscriptLines;
  #sessionId: string | undefined;
  transcript: readonly TranscriptEntry[] | undefined;

  constructor(clock: Clock, options: CallArguments, print: (line: string) => void) {
    this.#clock = clock;
    this.#client = new TranscriptClient({ clock, origin: options.url, key: options.key });
    this.#print = print;
    this.#lines = new TranscriptLines(clock.wall());
  }

  noticed(event: PhoneEvent): void {
    if (event.type === "stream-started") this.#streamStarted(event.sessionId);
    else if (event.type === "agent-replied") this.#lines.replied(event.at, event.latency);
    else if (event.type === "twilio-said") this.#print(spokenLine("agent", event.at, event.text));
    else if (event.type === "key-pressed") this.#keys.push(event);
    else if (event.type === "agent-unheard")
      this.#print(`${"".padEnd(16)}(the agent is not heard; the caller goes on)`);
  }

  async finish(report: CallReport): Promise<void> {
    if (this.#sessionId !== undefined) {
      await this.#client.ended();
      this.transcript = await this.#client.read(this.#sessionId);
    }
    for (const line of this.#lines.finish(this.transcript)) this.#print(line);
    if (!this.#lines.any) for (const line of measuredLines(report, this.#keys)) this.#print(line);
  }

  close(): void {
    this.#client.close();
  }

  #streamStarted(sessionId: string | undefined): void {
    if (this.#sessionId !== undefined || sessionId === undefined) return;
    this.#sessionId = sessionId;
    this.#lines = new TranscriptLines(this.#clock.wall());
    this.#client.follow(sessionId, (entry) => {
      for (const line of this.#lines.update(entry)) this.#print(line);
    });
  }
}

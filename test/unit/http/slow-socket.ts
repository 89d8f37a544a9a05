import { EventEmitter } from "node:events";
import type { LiveSocket } from "../../../src/http/live/live-client.ts";

/** A socket whose peer reads nothing until it is told to. */
export class SlowSocket extends EventEmitter implements LiveSocket {
  readonly sent: Record<string, unknown>[] = [];
  bufferedAmount = 0;
  closedWith: number | undefined;
  terminated = false;
  pings = 0;
  readonly #waiting: ((error?: Error) => void)[] = [];

  send(text: string, done: (error?: Error) => void): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
    this.#waiting.push(done);
  }

  ping(): void {
    this.pings++;
  }

  close(code: number): void {
    this.closedWith = code;
  }

  terminate(): void {
    this.terminated = true;
  }

  drain(): void {
    this.bufferedAmount = 0;
    for (const done of this.#waiting.splice(0)) done();
  }
}

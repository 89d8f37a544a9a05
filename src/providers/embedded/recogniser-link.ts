import type { RecogniserEngine } from "./recogniser-engine.ts";
import { type RecogniserOrder, type RecogniserReply, RecogniserSessions } from "./recogniser-sessions.ts";

export interface RecogniserListener {
  /** Recognition runs; streams of an earlier run must be opened anew. */
  up(): void;
  message(reply: RecogniserReply): void;
  down(error: Error): void;
}

/** Where recognition runs: in a worker (`LastingWorker`), or in this thread. */
export interface RecogniserLink {
  /** The first time: `up` follows, at once or later. Again: nothing. */
  start(): void;
  post(order: RecogniserOrder): boolean;
  replace(reason: string): void;
  close(): Promise<void>;
}

/**
 * Recognition in the calling thread, every reply given before `post` returns (as long as the engine has
 * spare recognisers): for replays, which must give the same events every time. Blocks for up to 100 ms.
 */
export function inlineRecogniser(engine: RecogniserEngine): (listener: RecogniserListener) => RecogniserLink {
  return (listener) => {
    const sessions = new RecogniserSessions(engine, (reply) => listener.message(reply));
    let started = false;
    return {
      start: () => {
        if (started) return;
        started = true;
        listener.up();
      },
      post: (order) => {
        sessions.handle(order);
        return true;
      },
      replace: () => {},
      close: async () => {},
    };
  };
}

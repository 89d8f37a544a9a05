import type { CallRegistry } from "./calls/call-registry.ts";
import { drain } from "./calls/drain.ts";
import { HandOver } from "./calls/hand-over.ts";
import type { CallDesk } from "./compose-calls.ts";
import type { Config } from "./config/config.ts";
import type { MediaStreamServer } from "./gateway/media-stream-server.ts";
import type { CallPipelines } from "./pipeline/call-pipelines.ts";
import type { TextDialogues } from "./pipeline/text-dialogues.ts";
import type { Clock } from "./runtime/clock.ts";
import type { CloseReason } from "./runtime/closable.ts";

/** What is closed when all calls are over; absent where it was not opened. */
type Part = { close(): Promise<void> } | undefined;

export interface ShutdownParts {
  readonly config: Pick<Config, "deployment">;
  readonly registry: CallRegistry;
  readonly desk: CallDesk;
  readonly pipelines: CallPipelines;
  readonly dialogues: TextDialogues;
  readonly media: Pick<MediaStreamServer, "close">;
  /** Closed one after the other, in this order. */
  readonly before: readonly Part[];
  /** Then these. */
  readonly after: (reason: CloseReason) => readonly Part[];
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

export interface Shutdown {
  /** No new calls from here on; resolves when no call is left, or at the deadline (ms). */
  drain(deadline: number): Promise<void>;
  /** Ends what is left, and closes everything; again: the same promise. */
  close(reason: CloseReason): Promise<void>;
}

/** Whether the carrier finds somebody who goes on with the calls of this process. */
export function mayHandOver({ deployment }: Pick<Config, "deployment">, desk: CallDesk): boolean {
  if (deployment.handOver === "auto") return desk.othersTakeCalls();
  return deployment.handOver === "always";
}

/** How the product stops taking calls, and how it stops. */
export function composeShutdown(given: ShutdownParts): Shutdown {
  const { config, registry, desk, pipelines, dialogues, media, before, after, clock, onError } = given;
  const { recorder } = desk;
  const handOver = new HandOver({
    registry,
    recorder,
    isQuiet: (sessionId) => pipelines.isQuiet(sessionId) || dialogues.isQuiet(sessionId),
  });
  const draining = {
    registry,
    handOver,
    leaveCallsToOthers: () => desk.leaveCallsToOthers(),
    mayHandOver: () => mayHandOver(config, desk),
    dismiss() {
      pipelines.dismiss("shutdown");
      dialogues.dismiss("shutdown");
    },
    clock,
    onError,
  };
  const shutDown = async (reason: CloseReason): Promise<void> => {
    registry.drain();
    await desk.stopDialling();
    for (const { call } of registry.live) registry.end(call.sessionId, "shutdown");
    await Promise.allSettled([pipelines.closed(), media.close()]);
    for (const part of [...before, ...after(reason)]) await part?.close();
  };
  let closing: Promise<void> | undefined;
  return {
    drain: (deadline) => drain(draining, deadline),
    close(reason) {
      closing ??= shutDown(reason);
      return closing;
    },
  };
}

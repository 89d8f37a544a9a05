import type { EndReason } from "../calls/call-event.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { Dialogue, DialogueInput, DialogueReply } from "../calls/dialogue.ts";
import type { Cancel } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { TextDialogue, type TextDialogueParts } from "./text-dialogue.ts";

interface Conversing {
  readonly dialogue: TextDialogue;
  /** Gives up the wait for the carrier to end the call. */
  cancelWait: Cancel;
}

/**
 * The conversations of all calls without a media stream: begun when the carrier first asks what to say, and dropped
 * when the call ends.
 */
export class TextDialogues implements Dialogue {
  readonly #registry: CallRegistry;
  readonly #parts: TextDialogueParts;
  readonly #live = new Map<number, Conversing>();

  constructor(registry: CallRegistry, parts: TextDialogueParts) {
    this.#registry = registry;
    this.#parts = parts;
  }

  /** Begins to follow the calls. Answers its own undo. */
  start(): Cancel {
    const undo = [
      this.#registry.events.on("ending", ({ sessionId }) => this.#close(sessionId)),
      this.#registry.events.on("event", ({ type, sessionId }) => {
        if (type === "call-moved") this.#close(sessionId);
      }),
    ];
    return () => {
      for (const one of undo) one();
    };
  }

  /** Throws `NOT_FOUND` when there is no such call, it has ended, or it is on a media stream. */
  open(sessionId: number): DialogueReply {
    const { dialogue } = this.#live.get(sessionId) ?? this.#begin(sessionId);
    return dialogue.open();
  }

  hear(sessionId: number, input: DialogueInput): Promise<DialogueReply> {
    return this.#of(sessionId).hear(input);
  }

  silence(sessionId: number): DialogueReply {
    return this.#of(sessionId).silence();
  }

  #of(sessionId: number): TextDialogue {
    const conversing = this.#live.get(sessionId);
    if (conversing === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
    return conversing.dialogue;
  }

  #begin(sessionId: number): Conversing {
    const record = this.#registry.find(sessionId);
    if (record === undefined || record.endedAt !== undefined || record.call.media !== "gather") {
      throw new GatewayError("NOT_FOUND", "Call session not found");
    }
    const { call } = record;
    const dialogue = new TextDialogue(call, this.#parts, {
      publish: (fact) => this.#registry.publish(sessionId, fact),
      closing: (reason) => {
        this.#registry.closing(sessionId, reason);
        conversing.cancelWait();
        conversing.cancelWait = this.#endAfter(CARRIER_LIMIT, sessionId, reason);
      },
    });
    const longest = call.profile.turnTaking.maxCallDuration + CARRIER_LIMIT;
    const conversing: Conversing = {
      dialogue,
      cancelWait: this.#endAfter(longest, sessionId, "max-duration"),
    };
    this.#live.set(sessionId, conversing);
    return conversing;
  }

  /** A carrier that neither asks nor reports any more must not keep a call for ever. */
  #endAfter(ms: number, sessionId: number, reason: EndReason): Cancel {
    return this.#parts.clock.after(ms, () => this.#registry.end(sessionId, reason));
  }

  #close(sessionId: number): void {
    const conversing = this.#live.get(sessionId);
    if (conversing === undefined) return;
    this.#live.delete(sessionId);
    conversing.cancelWait();
    conversing.dialogue.close();
  }
}

/** How long the carrier may take to say the last words and report the end of the call, in ms. */
const CARRIER_LIMIT = 60_000;

import type { CallFact, EndReason } from "../calls/call-event.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { Dialogue, DialogueInput, DialogueReply } from "../calls/dialogue.ts";
import type { Conversations, ConversationToKeep } from "../calls/kept-conversation.ts";
import type { Cancel } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { kept } from "./kept-messages.ts";
import { TextDialogue, type TextDialogueParts } from "./text-dialogue.ts";
import { leftDialogue } from "./text-dialogue-state.ts";

interface Conversing {
  readonly dialogue: TextDialogue;
  /** Gives up the wait for the carrier to end the call. */
  cancelWait: Cancel;
}

/**
 * The conversations of all calls without a media stream: begun when the carrier first asks what to say, and dropped
 * when the call ends.
 */
export class TextDialogues implements Dialogue, Conversations {
  readonly #registry: CallRegistry;
  readonly #parts: TextDialogueParts;
  readonly #onChanged: (sessionId: number) => void;
  readonly #live = new Map<number, Conversing>();

  /** @param onChanged told of each call of whose conversation there is something new to keep. */
  constructor(
    registry: CallRegistry,
    parts: TextDialogueParts,
    onChanged: (sessionId: number) => void = () => {},
  ) {
    this.#registry = registry;
    this.#parts = parts;
    this.#onChanged = onChanged;
  }

  /** Begins to follow the calls. Answers its own undo. */
  start(): Cancel {
    const undo = [
      this.#registry.events.on("ending", ({ sessionId }) => this.#close(sessionId)),
      this.#registry.events.on("event", ({ type, sessionId }) => {
        if (type === "call-moved") this.#close(sessionId);
        if (type === "call-resumed" && this.#registry.find(sessionId)?.call.media === "gather")
          this.#begin(sessionId);
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

  again(sessionId: number): Promise<DialogueReply> {
    return this.#of(sessionId).again();
  }

  silence(sessionId: number): DialogueReply {
    return this.#of(sessionId).silence();
  }

  toKeep(sessionId: number): ConversationToKeep | undefined {
    const changes = this.#live.get(sessionId)?.dialogue.changes;
    return changes && kept(changes);
  }

  /** Whether nothing would be lost if the call went on elsewhere from now on. */
  isQuiet(sessionId: number): boolean {
    return this.#live.get(sessionId)?.dialogue.isQuiet === true;
  }

  /** Whatever callers say next is answered with a goodbye; each call ends for this reason after it. */
  dismiss(ending: EndReason): void {
    for (const [sessionId, { dialogue }] of this.#live) {
      const phrases = this.#registry.find(sessionId)?.call.profile.phrases;
      if (phrases !== undefined) dialogue.dismiss({ text: phrases.shutdownGoodbye, ending });
    }
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
    const left = record.left && leftDialogue(record.left);
    const host = {
      publish: (fact: CallFact) => this.#registry.publish(sessionId, fact),
      closing: (reason: EndReason) => {
        this.#registry.closing(sessionId, reason);
        conversing.cancelWait();
        conversing.cancelWait = this.#endAfter(CARRIER_LIMIT, sessionId, reason);
      },
      changed: () => this.#onChanged(sessionId),
    };
    const dialogue = new TextDialogue(call, this.#parts, host, left);
    const longest = call.profile.turnTaking.maxCallDuration + CARRIER_LIMIT;
    const conversing: Conversing = {
      dialogue,
      cancelWait: this.#endAfter(longest, sessionId, "max-duration"),
    };
    this.#live.set(sessionId, conversing);
    const ending = left?.state.ending;
    if (ending !== undefined) host.closing(ending);
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

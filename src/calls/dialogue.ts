/** What the agent answers in words. */
export interface DialogueReply {
  /** What is to be said; empty when there is nothing to say. */
  readonly text: string;
  /** The call ends once it has been said. */
  readonly over: boolean;
  /** Phrases that the caller is likely to answer with, for a recogniser; may be empty. */
  readonly hints: readonly string[];
}

/**
 * Port: the agent without ears and voice, text in and text out, for calls whose speech the carrier
 * recognises and says itself. The same prompt, model, tools and transcript as on a media stream.
 */
export interface Dialogue {
  /** The agent's first words in a call whose media is `gather`. Asking again answers the same. */
  open(sessionId: number): DialogueReply | Promise<DialogueReply>;
  /**
   * The caller's turn (words or keyed digits); resolves with the reply. Never rejects: a model that fails or
   * is too slow gives the profile's apology. A second turn while the first is being answered waits for it.
   * Throws `NOT_FOUND` when the call has no such conversation.
   */
  hear(sessionId: number, input: DialogueInput): Promise<DialogueReply>;
  /**
   * The reply that is being made, or the last one that was. One that another process has begun and not finished is made
   * anew. Throws `NOT_FOUND`.
   */
  again(sessionId: number): Promise<DialogueReply>;
  /** The caller said nothing: a reprompt of the profile, or the goodbye after the last one. Throws `NOT_FOUND`. */
  silence(sessionId: number): DialogueReply | Promise<DialogueReply>;
}

export interface DialogueInput {
  readonly text: string;
  readonly by: "voice" | "keypad";
  /** 0 to 1. */
  readonly confidence: number;
  /** The carrier's name of the request: one that it repeats has the same. */
  readonly token?: string;
}

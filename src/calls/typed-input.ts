/** Port: words that reach a conversation as text, from a person who types instead of speaking. */
export interface TypedInput {
  /** Takes the words as the caller's turn. Throws `NOT_FOUND` when the call has no conversation under way. */
  typed(sessionId: number, text: string): void;
}

/** A caller who is to be handed to somebody else. */
export interface TransferRequest {
  readonly sessionId: number;
  /** Where to, in the agent's words: a department, a person. */
  readonly department: string;
  readonly reason: string;
}

/** Port: hands callers over. Rejects when that cannot be done; the agent then tells the caller so. */
export interface TransferDesk {
  transfer(request: TransferRequest, signal: AbortSignal): Promise<{ readonly message: string }>;
}

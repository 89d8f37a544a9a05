/** A caller who is to be handed to somebody else. */
export interface TransferRequest {
  readonly sessionId: number;
  /** Where to: one of the desk's {@link TransferDesk.departments}. */
  readonly department: string;
  readonly reason: string;
}

/** Port: hands callers over. Rejects when that cannot be done; the agent then tells the caller so. */
export interface TransferDesk {
  /** Where callers can be handed to, as the operator has configured it; agents can name nothing else, least of all a number. */
  readonly departments: readonly string[];
  transfer(request: TransferRequest, signal: AbortSignal): Promise<{ readonly message: string }>;
}

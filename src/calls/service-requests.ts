/** What a caller wants done, as the agent took it down. */
export interface ServiceRequest {
  readonly sessionId: number;
  readonly kind: string;
  readonly description: string;
  readonly urgency: "low" | "normal" | "urgent";
}

/** Port: keeps service requests. */
export interface ServiceRequests {
  /** Resolves once it is durable: the reference is what the caller is told. */
  keep(request: ServiceRequest): Promise<{ readonly reference: string }>;
  /** Those of one call, oldest first. */
  ofCall(sessionId: number): Promise<readonly (ServiceRequest & { readonly reference: string })[]>;
}

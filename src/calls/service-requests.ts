/** What a caller wants done, as the agent took it down. */
export interface ServiceRequest {
  readonly sessionId: number;
  readonly kind: string;
  readonly description: string;
  readonly urgency: "low" | "normal" | "urgent";
}

/** Port: keeps service requests. The reference is what the caller is told, so it is given only once kept. */
export interface ServiceRequests {
  keep(request: ServiceRequest): Promise<{ readonly reference: string }>;
}

/** For one process, lost at its end; the newest 10,000 are kept. */
export class InProcessServiceRequests implements ServiceRequests {
  readonly #kept = new Map<string, ServiceRequest>();
  #count = 0;

  async keep(request: ServiceRequest): Promise<{ readonly reference: string }> {
    const reference = String(1000 + ++this.#count);
    this.#kept.set(reference, request);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > 10_000 && oldest !== undefined) this.#kept.delete(oldest);
    return { reference };
  }
}

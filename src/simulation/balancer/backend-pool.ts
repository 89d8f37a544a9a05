/** What is known of a backend: it is to get requests; it answers, but is not to get any (it drains); nobody answers. */
export type BackendState = "ready" | "unready" | "down";

/** Which backend is to be tried for a request. Pure. */
export class BackendPool {
  readonly #states: Map<string, BackendState>;
  /** Open sockets. */
  readonly #sockets = new Map<string, number>();
  #turn = 0;

  /** @param origins `http://host:port`, one for each backend; all are down until something else is told. */
  constructor(origins: readonly string[]) {
    this.#states = new Map(origins.map((origin) => [origin, "down"]));
  }

  get origins(): readonly string[] {
    return [...this.#states.keys()];
  }

  stateOf(origin: string): BackendState {
    return this.#states.get(origin) ?? "down";
  }

  tell(origin: string, state: BackendState): void {
    if (this.#states.has(origin)) this.#states.set(origin, state);
  }

  /**
   * Backends to try one after another. Those that are ready, in turns; then those that were down, because they may have
   * come back. Never those that are not ready, also when no other is left: what real balancers do then differs
   * (Kubernetes sends them nothing), and a fleet must not depend on it.
   */
  candidates(): readonly string[] {
    const ready = this.#in("ready");
    const turn = ready.length > 0 ? this.#turn++ % ready.length : 0;
    return [...ready.slice(turn), ...ready.slice(0, turn), ...this.#in("down")];
  }

  /** The same for a socket, which stays: of those in turn, the one that has the fewest comes first. */
  candidatesForSocket(): readonly string[] {
    const candidates = this.candidates();
    const first = candidates.filter((origin) => this.stateOf(origin) !== "down");
    const fewest = first.toSorted((a, b) => this.#socketsOf(a) - this.#socketsOf(b));
    return [...fewest, ...candidates.slice(first.length)];
  }

  /** A socket to it was opened; the answer is to be called once when it is closed. */
  joined(origin: string): () => void {
    this.#sockets.set(origin, this.#socketsOf(origin) + 1);
    return () => this.#sockets.set(origin, this.#socketsOf(origin) - 1);
  }

  #socketsOf(origin: string): number {
    return this.#sockets.get(origin) ?? 0;
  }

  #in(state: BackendState): string[] {
    return this.origins.filter((origin) => this.stateOf(origin) === state);
  }
}

import { Counter, Gauge, type Registry } from "prom-client";

/** How writing to the store goes. */
export interface StoreWriting {
  readonly failing: boolean;
  /** Bytes of what waits to be written, about. */
  readonly waiting: number;
  /** Changes given up since the start, by their kind. */
  readonly dropped: Readonly<Record<string, number>>;
}

export function registerStoreMetrics(registry: Registry, store: () => StoreWriting): void {
  const registers = [registry];
  new Gauge({
    name: "earshot_store_failing",
    help: "1 while changes of calls cannot be written, else 0",
    registers,
    collect() {
      this.set(store().failing ? 1 : 0);
    },
  });
  new Gauge({
    name: "earshot_store_waiting_bytes",
    help: "About how many bytes of changes of calls wait to be written",
    registers,
    collect() {
      this.set(store().waiting);
    },
  });
  new Counter({
    name: "earshot_store_changes_dropped_total",
    help: "Changes of calls given up because the store was away for too long, or refused them, by kind",
    labelNames: ["kind"],
    registers,
    collect() {
      this.reset();
      for (const [kind, count] of Object.entries(store().dropped)) this.inc({ kind }, count);
    },
  });
}

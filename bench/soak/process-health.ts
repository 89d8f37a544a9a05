import { metricValue } from "../metric-value.ts";

/** What a gateway tells of its process in `/metrics`. */
export interface ProcessHealth {
  readonly calls: number;
  /** Resident memory, and the used part of V8's heap, in bytes. */
  readonly memory: number;
  readonly heap: number;
  /** What keeps the process alive: sockets, servers, timers (`process.getActiveResourcesInfo`). */
  readonly resources: number;
  readonly sockets: number;
  /** How long the event loop kept timers waiting since the last look, in ms. */
  readonly delay: { readonly p99: number; readonly max: number };
}

/** Asks a gateway; whoever asks owns the measure of the event loop. */
export async function processHealth(origin: string): Promise<ProcessHealth> {
  const response = await fetch(`${origin}/metrics`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${origin}/metrics answered ${response.status}`);
  return readHealth(await response.text());
}

export function readHealth(exposition: string): ProcessHealth {
  const value = (name: string, ...labels: string[]): number => metricValue(exposition, name, ...labels);
  const delay = (quantile: string): number =>
    1000 * value("earshot_event_loop_delay_seconds", `quantile="${quantile}"`);
  return {
    calls: value("earshot_calls_active"),
    memory: value("process_resident_memory_bytes"),
    heap: value("nodejs_heap_size_used_bytes"),
    resources: value("nodejs_active_resources_total"),
    sockets: value("nodejs_active_resources", 'type="TCPSocketWrap"'),
    delay: { p99: delay("p99"), max: delay("max") },
  };
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Call } from "./calls/call.ts";
import type { CallRegistry } from "./calls/call-registry.ts";
import type { Erasable } from "./calls/erasure.ts";
import type { TypedInput } from "./calls/typed-input.ts";
import type { Config } from "./config/config.ts";
import { Journals } from "./journal/journals.ts";
import type { PipelineParts } from "./pipeline/pipeline-parts.ts";
import type { Clock } from "./runtime/clock.ts";

/** Where the rest of the product meets the journals. */
export interface JournalDesk extends Erasable {
  partsOf(call: Call, parts: PipelineParts): PipelineParts;
  messagesOf(call: Call): ((raw: Buffer) => void) | undefined;
  typedInput(inner: TypedInput): TypedInput;
  /** Since the start. */
  readonly counters: { readonly kept: number; readonly dropped: number };
  /** Resolves when the journals of all calls that have ended are on disk, or dropped. */
  written(): Promise<void>;
}

/** Keeps journals under `DATA_DIR/journals`; none when nothing is kept at all. They follow the calls from here on. */
export function composeJournals(
  config: Config,
  registry: CallRegistry,
  clock: Clock,
  onError: (error: unknown) => void,
): JournalDesk {
  if (config.dataDir === ":memory:") return noJournals;
  const journals = new Journals({
    registry,
    clock,
    of: config.journals,
    folder: join(config.dataDir, "journals"),
    gateway: version(),
    onError,
  });
  journals.start();
  return journals;
}

const noJournals: JournalDesk = {
  partsOf: (_, parts) => parts,
  messagesOf: () => undefined,
  typedInput: (inner) => inner,
  counters: { kept: 0, dropped: 0 },
  written: async () => {},
  eraseCalls: async () => {},
};

function version(): string {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}

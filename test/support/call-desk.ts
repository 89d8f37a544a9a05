import { agentProfile } from "../../src/calls/agent-profile.ts";
import { CallHistories } from "../../src/calls/call-histories.ts";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { type CallDesk, composeCallDesk } from "../../src/compose-calls.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { ScriptedCarrier } from "./scripted-carrier.ts";

/** Everything around the calls, with a store that keeps nothing and a carrier that does as it is told. */
export interface DeskFixture {
  readonly registry: CallRegistry;
  readonly store: Store;
  readonly carrier: ScriptedCarrier;
  readonly desk: CallDesk;
  /** Calls that the simulated line was told of, and was asked to answer. */
  readonly line: { readonly received: string[]; readonly answered: string[] };
  readonly errors: unknown[];
  close(): Promise<void>;
}

export interface DeskOptions {
  readonly maxCalls?: number;
  /** A store that is shared with another desk; whoever made it closes it. */
  readonly store?: Store;
  readonly carrier?: ScriptedCarrier;
  /** Whether somebody is owed the history of each call. */
  readonly histories?: boolean;
}

export async function openDesk(options: DeskOptions = {}): Promise<DeskFixture> {
  const errors: unknown[] = [];
  const store = options.store ?? (await openStore({ dataDir: ":memory:", clock: systemClock }));
  const registry = new CallRegistry({
    clock: systemClock,
    maxCalls: options.maxCalls ?? 100,
    onListenerError: (error) => errors.push(error),
  });
  const carrier = options.carrier ?? new ScriptedCarrier();
  const line = { received: [] as string[], answered: [] as string[] };
  let lastId = 0;
  const agent = { stt: "a", llm: "b", tts: "c", businessType: "general", language: "en-US" };
  const histories = options.histories
    ? new CallHistories({ registry, store: store.calls, agentOf: () => agent, clock: systemClock })
    : undefined;
  const desk = await composeCallDesk({
    registry,
    store,
    carriers: {
      outbound: carrier,
      simulated: {
        name: "simulated",
        newSipCallId: () => `SC_${++lastId}`,
        receive: ({ sipCallId }) => line.received.push(sipCallId),
        answer: (sipCallId) => line.answered.push(sipCallId),
      },
      of: (name) => (name === carrier.name ? carrier : undefined),
      close: async () => {},
    },
    profileFor: () => agentProfile(),
    profileNamed: () => agentProfile(),
    histories,
    ownNumber: undefined,
    clock: systemClock,
    onError: (error) => errors.push(error),
  });
  return {
    registry,
    store,
    carrier,
    desk,
    line,
    errors,
    async close() {
      await desk.stopDialling();
      await desk.close();
      if (options.store === undefined) await store.close();
    },
  };
}

/** Settles what was left, then dials: what the product does around listening. */
export async function start({ desk }: Pick<DeskFixture, "desk">): Promise<void> {
  await desk.recover();
  desk.dial();
}

/** Looks again until it is so; fails after a time that is long for anything here. */
export async function eventually(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  limit = 10_000,
): Promise<void> {
  const until = performance.now() + limit;
  while (!(await isSo())) {
    if (performance.now() > until) throw new Error(`It did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

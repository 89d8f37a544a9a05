import { randomUUID } from "node:crypto";
import type { AgentProfile } from "./calls/agent-profile.ts";
import { BatchDesk } from "./calls/batch-desk.ts";
import { BatchDialer } from "./calls/batch-dialer.ts";
import type { CallingHours } from "./calls/batches.ts";
import { CallControl } from "./calls/call-control.ts";
import { CallDirectory } from "./calls/call-directory.ts";
import type { CallHistories } from "./calls/call-histories.ts";
import { CallMilestones } from "./calls/call-milestones.ts";
import { CallRecorder, defaultBounds } from "./calls/call-recorder.ts";
import type { CallRegistry } from "./calls/call-registry.ts";
import type { SequenceName, StoredCall } from "./calls/call-store.ts";
import { CallTakeover } from "./calls/call-takeover.ts";
import { CarrierReports } from "./calls/carrier-reports.ts";
import type { Dialogue } from "./calls/dialogue.ts";
import { type Erasable, Erasure } from "./calls/erasure.ts";
import { goesOnElsewhere } from "./calls/goes-on-elsewhere.ts";
import { HangUps } from "./calls/hang-ups.ts";
import { Heartbeat } from "./calls/heartbeat.ts";
import { KeptCalls } from "./calls/kept-calls.ts";
import type { Conversations } from "./calls/kept-conversation.ts";
import { KeptDialogue } from "./calls/kept-dialogue.ts";
import { PromisedCallbacks } from "./calls/promised-callbacks.ts";
import { Recovery } from "./calls/recovery.ts";
import { resumeCall } from "./calls/resumed-call.ts";
import { Retention } from "./calls/retention.ts";
import { BlockIds, type SessionIds } from "./calls/session-ids.ts";
import { SuppliedTranscript } from "./calls/supplied-transcript.ts";
import type { Carriers } from "./compose-carriers.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Store } from "./store/open-store.ts";
import type { StoreWriting } from "./telemetry/store-metrics.ts";

export interface CallDeskParts {
  readonly registry: CallRegistry;
  readonly store: Store;
  readonly carriers: Carriers;
  readonly profileFor: (own: string) => AgentProfile;
  readonly profileNamed: (name: string) => AgentProfile;
  /** What others get of each call at its end; unset: nobody does. */
  readonly histories?: CallHistories | undefined;
  /** What another process would go on with; unset: none could. */
  readonly conversations?: Conversations;
  /** The gateway's own number; unset: one that exists nowhere. */
  readonly ownNumber: string | undefined;
  /** Bytes of changes that may wait for a store that is away; unset: the recorder's own bound. */
  readonly mostUnsaved?: number | undefined;
  /** When callers are called back who found no line free; unset: always. */
  readonly callbackHours?: CallingHours | undefined;
  /** Who else keeps something of calls, and must forget it with them. */
  readonly keepers?: readonly Erasable[];
  /** How long ended calls are kept, in ms; unset: for good. */
  readonly keepFor?: number;
  /** So many calls were older, and are erased. */
  readonly onExpired?: (calls: number) => void;
  readonly clock: Clock;
  readonly onError: (error: unknown, what: string) => void;
}

/** Everything around the calls of this process that is kept in the store. */
export interface CallDesk {
  readonly sessionIds: SessionIds;
  readonly owner: string;
  readonly milestones: CallMilestones;
  readonly recorder: CallRecorder;
  /** How writing to the store goes. */
  writing(): StoreWriting;
  readonly directory: CallDirectory;
  readonly control: CallControl;
  readonly batches: BatchDesk;
  readonly callbacks: PromisedCallbacks;
  /** Settles what former processes have left; before anybody can call. Resolves after the first try. */
  recover(): Promise<void>;
  /** Goes on with batches. The gateway must be listening. */
  dial(): void;
  readonly erasure: Erasure;
  /** Goes on with calls of other processes. */
  readonly takeover: CallTakeover;
  readonly reports: CarrierReports;
  /** The same dialogue, so that other processes can go on with it, where there are any. */
  keeping(dialogue: Dialogue): Dialogue;
  /** Whether another process takes calls, as far as was known a moment ago. */
  readonly othersTakeCalls: () => boolean;
  /** Tells other processes that this one takes no calls any more, and learns whether another one does. */
  leaveCallsToOthers(): Promise<void>;
  /** No batch goes on from here. */
  stopDialling(): Promise<void>;
  /** After the last call has ended. */
  close(): Promise<void>;
}

/** Opens the ids and wires the parts; they follow the calls from here on. */
export async function composeCallDesk(parts: CallDeskParts): Promise<CallDesk> {
  const { registry, store, carriers, profileFor, profileNamed, histories, ownNumber, clock, onError } = parts;
  const { conversations } = parts;
  const owner = randomUUID();
  const idsOf = (sequence: SequenceName, block: number): Promise<BlockIds> =>
    BlockIds.open({
      reserve: (count) => store.calls.reserve(sequence, count),
      block,
      clock,
      onError: (error) => onError(error, "no ids could be reserved; trying again"),
    });
  const [sessionIds, milestoneIds] = await Promise.all([
    idsOf("session", SESSION_BLOCK),
    idsOf("milestone", MILESTONE_BLOCK),
  ]);
  const milestones = new CallMilestones(registry, milestoneIds, clock, (error) =>
    onError(error, "a listener of milestones failed"),
  );
  const recorder = new CallRecorder({
    registry,
    milestones,
    store: store.calls,
    owner,
    ...(histories && { owedFor: (sessionId: number) => histories.owedFor(sessionId) }),
    ...(parts.mostUnsaved !== undefined && { bounds: { ...defaultBounds, bytes: parts.mostUnsaved } }),
    ...(conversations && {
      conversations: new KeptCalls({
        registry,
        conversations,
        progressOf: (sessionId) => histories?.progressOf(sessionId),
        clock,
      }),
    }),
    clock,
    onError: (error) => onError(error, "calls could not be saved; trying again"),
  });
  registry.lines.refuseWhile(() => recorder.isFull);
  const directory = new CallDirectory(registry, store.calls, () => recorder.flushed(), clock);
  const control = new CallControl({
    registry,
    recorder,
    directory,
    supplied: new SuppliedTranscript(registry, store.calls, clock),
    sessionIds,
    carrier: carriers.outbound,
    simulated: carriers.simulated,
    profileFor,
    ownNumber: ownNumber ?? SIMULATED_NUMBER,
    clock,
  });
  const shared = store.kind === "postgres";
  const hangUps = new HangUps({
    registry,
    carrierOf: (name) => carriers.of(name),
    goesOnElsewhere: (call) => goesOnElsewhere(call, { registry, store: store.calls, owner, shared }),
    clock,
    onError: (error) => onError(error, "the carrier could not be reached about a call"),
  });
  const dialer = new BatchDialer({
    batches: store.batches,
    control,
    registry,
    recorder,
    sessionIds,
    owner,
    clock,
    onError: (error) => onError(error, "a batch could not go on; trying again"),
  });
  const settledOwes = histories && { owedFor: (call: StoredCall) => histories.owedForSettled(call) };
  const recovery = new Recovery({
    isHere: (sessionId) => registry.live.some(({ call }) => call.sessionId === sessionId),
    store: store.calls,
    reports: store.leftReports,
    batches: store.batches,
    carrierOf: (name) => carriers.of(name),
    settled: (call) => milestones.tell(call.status === "failed" ? "call_failed" : "call_ended", call),
    resume: (call, status) => resumeCall(registry, call, profileNamed(call.profile), status),
    ...settledOwes,
    owner,
    alone: !shared,
    heardFor: () => heartbeat.heardFor,
    clock,
    onError: (error) => onError(error, "what another process left could not be settled; trying again"),
  });
  const reports = new CarrierReports({
    registry,
    ...(shared && { left: store.leftReports }),
    owner,
    hasLeft: (sessionId) => takeover.hasLeft(sessionId),
    wall: () => clock.wall(),
    onError: (error) => onError(error, "what the carrier told of a call of another process was lost"),
  });
  const heartbeat = new Heartbeat({
    registry,
    reports,
    store: store.calls,
    owner,
    clock,
    onError: (error) => onError(error, "the store could not be told that this process lives; trying again"),
  });
  const takeover = new CallTakeover({
    registry,
    store: store.calls,
    owner,
    shared,
    profileNamed,
    late: ({ call }) => recovery.add(call),
    clock,
    onError: (error) => onError(error, "a call of another process could not be taken over"),
  });
  const erasure = new Erasure({
    store: store.erasure,
    keepers: [...(parts.keepers ?? []), { eraseCalls: async (sessionIds) => registry.forget(sessionIds) }],
    written: () => recorder.flushed(),
  });
  const retention =
    parts.keepFor !== undefined &&
    new Retention({
      erasure,
      keep: parts.keepFor,
      clock,
      onErased: (calls) => parts.onExpired?.(calls),
      onError: (error) => onError(error, "old calls could not be erased; trying again"),
    });
  histories?.start();
  milestones.start();
  recorder.start();
  directory.start();
  hangUps.start();
  return {
    sessionIds,
    owner,
    milestones,
    recorder,
    writing: () => ({
      failing: recorder.failing || heartbeat.failing,
      waiting: recorder.waiting,
      dropped: recorder.dropped,
    }),
    directory,
    control,
    erasure,
    takeover,
    reports,
    keeping: (dialogue) =>
      shared ? new KeptDialogue({ dialogue, flushed: () => recorder.flushed(), clock }) : dialogue,
    othersTakeCalls: () => heartbeat.othersTakeCalls,
    leaveCallsToOthers: () => heartbeat.now(),
    batches: new BatchDesk({
      batches: store.batches,
      dialer,
      store: store.calls,
      ...settledOwes,
      owner,
      clock,
      onError: (error) => onError(error, "a batch was kept, but how it goes could not be told"),
    }),
    callbacks: new PromisedCallbacks({
      batches: store.batches,
      onPromised: () => dialer.nudge(),
      ...(parts.callbackHours && { hours: parts.callbackHours }),
      ownNumber: control.ownNumber,
      clock,
    }),
    async recover() {
      await heartbeat.start();
      await recovery.start();
      if (retention) retention.start();
    },
    dial: () => dialer.start(),
    async stopDialling() {
      await dialer.close();
    },
    async close() {
      control.close();
      sessionIds.close();
      milestoneIds.close();
      takeover.close();
      await recovery.close();
      if (retention) await retention.close();
      await hangUps.close();
      await recorder.close();
      await heartbeat.close();
    },
  };
}

/** A number that exists nowhere; Twilio's own for tests. */
const SIMULATED_NUMBER = "+15005550006";
/** Ids at hand are for half of it at least: half an hour of a store that is away, at five calls a second. */
const SESSION_BLOCK = 20_000;
/** Three milestones a call. */
const MILESTONE_BLOCK = 60_000;

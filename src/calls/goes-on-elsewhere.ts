import type { Call } from "./call.ts";
import { isEnding } from "./call-lifecycle.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallStore } from "./call-store.ts";

export interface GoesOnElsewhereOptions {
  readonly registry: CallRegistry;
  readonly store: Pick<CallStore, "foreign" | "callBySipCallId">;
  /** This process. */
  readonly owner: string;
  /** Whether other processes use the store at the same time. */
  readonly shared: boolean;
}

/**
 * Whether the carrier's call goes on although ours has ended: under another session, as the carrier has asked again and
 * the first was not known there, or in another process. Rejects with `STORE_UNAVAILABLE`.
 */
export async function goesOnElsewhere(
  { sessionId, sipCallId = "" }: Pick<Call, "sessionId" | "sipCallId">,
  { registry, store, owner, shared }: GoesOnElsewhereOptions,
): Promise<boolean> {
  const here = registry.findBySipCallId(sipCallId);
  if (here !== undefined && here.call.sessionId !== sessionId && !isEnding(here.status)) return true;
  if (!shared) return false;
  if ((await store.foreign([sessionId], owner)).length > 0) return true;
  const newest = await store.callBySipCallId(sipCallId);
  return newest !== undefined && newest.sessionId !== sessionId && newest.endedAt === null;
}

import { beforeEach, describe, expect, it } from "vitest";
import { CallMilestones } from "../../../src/calls/call-milestones.ts";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import type { StoredMilestone } from "../../../src/calls/call-store.ts";
import { countingIds } from "../../../src/calls/session-ids.ts";
import { CallFeed } from "../../../src/http/live/call-feed.ts";
import { RecentMilestones } from "../../../src/http/live/recent-milestones.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { SlowSocket } from "./slow-socket.ts";

const milestone = (id: number): StoredMilestone => ({
  id,
  event: "call_started",
  sessionId: id,
  roomName: `call-${id}`,
  timestamp: 0,
});

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

let socket: SlowSocket;
let milestones: CallMilestones;
let recent: RecentMilestones;
/** What the store has, by rising id. */
let written: StoredMilestone[];
/** Runs before the store answers. */
let onAsked: () => void | Promise<void>;
let errors: unknown[];

beforeEach(() => {
  socket = new SlowSocket();
  const clock = new ManualClock();
  const onListenerError = (error: unknown) => expect.unreachable(String(error));
  const registry = new CallRegistry({ clock, maxCalls: 1, onListenerError });
  milestones = new CallMilestones(registry, countingIds(), clock, onListenerError);
  recent = new RecentMilestones();
  milestones.events.on("milestone", (one) => recent.add(one));
  written = [];
  onAsked = () => {};
  errors = [];
});

function happens(...ids: number[]): void {
  for (const id of ids) milestones.events.emit("milestone", milestone(id));
}

function feed(after?: number): void {
  const store = {
    async milestones(from: number, limit: number) {
      await onAsked();
      return written.filter(({ id }) => id > from).slice(0, limit);
    },
  };
  const onError = (error: unknown): void => void errors.push(error);
  new CallFeed(socket, { milestones, recent, store, clock: new ManualClock(), onError }).start(after);
}

/** Lets the past be told to its end. */
async function told(): Promise<unknown[]> {
  let count = -1;
  while (count !== socket.sent.length) {
    count = socket.sent.length;
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  return socket.sent.map(({ id, event, last_event_id }) => id ?? `${event} after ${last_event_id}`);
}

describe("a feed of calls", () => {
  it("tells of what happens from now on", async () => {
    written = [milestone(1)];
    happens(2);
    feed();
    happens(3, 4);
    expect(await told()).toEqual([3, 4]);
  });

  it("goes on where the client stopped: what is written, what is not yet, what happens", async () => {
    written = range(1, 1_200).map(milestone);
    happens(...range(1_199, 1_203)); // the last three are not written yet
    feed(100);
    happens(1_204);
    expect(await told()).toEqual(range(101, 1_204));
    happens(1_205);
    expect(await told()).toEqual(range(101, 1_205));
  });

  it("has no gap and tells nothing twice while calls go on and are written", async () => {
    written = range(1, 2_000).map(milestone);
    happens(2_001);
    let next = 2_002;
    onAsked = () => {
      happens(next);
      written.push(milestone(next - 1)); // the store is behind
      next += 1;
    };
    feed(0);
    await told();
    happens(next);
    expect(await told()).toEqual(range(1, next));
  });

  it("tells a long unwritten past step by step", async () => {
    happens(...range(1, 900));
    feed(0);
    expect(await told()).toEqual(range(1, 900));
  });

  it("gives up at 10,000, says from where something is missing, and goes on", async () => {
    written = range(1, 10_001).map(milestone);
    happens(20_000);
    feed(0);
    happens(20_001);
    expect(await told()).toEqual([...range(1, 10_000), "updates_dropped after 10000", 20_000, 20_001]);
  });

  it("misses nothing at 10,000 when the rest is still here", async () => {
    written = range(1, 10_003).map(milestone);
    happens(...range(9_999, 10_004));
    feed(0);
    expect(await told()).toEqual(range(1, 10_004));
  });

  it("says so when the store has fallen behind what is kept here", async () => {
    written = [milestone(1)];
    happens(...range(2, 5_101));
    feed(0);
    expect((await told()).slice(0, 3)).toEqual([1, "updates_dropped after 1", 102]);
  });

  it("sends the client away while the past cannot be read", async () => {
    onAsked = () => Promise.reject(new Error("the store is away"));
    happens(7);
    feed(3);
    expect(await told()).toEqual([]);
    expect(socket.closedWith).toBe(1013);
    expect(errors).toHaveLength(1);
  });

  it("needs no store for a past that is all here", async () => {
    onAsked = () => Promise.reject(new Error("the store is away"));
    happens(7, 8, 9);
    feed(7);
    happens(10);
    expect(await told()).toEqual([8, 9, 10]);
    expect(socket.closedWith).toBeUndefined();
  });

  it("stops when the client goes", async () => {
    feed();
    socket.emit("close");
    happens(1);
    expect(await told()).toEqual([]);
  });
});

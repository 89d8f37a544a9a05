import type { Worker } from "node:worker_threads";
import { afterAll, expect } from "vitest";

/** Kinds of things that keep a process alive and that our code opens, as Node names them. */
const WATCHED = [
  "Timeout",
  "TCPSocketWrap",
  "TCPServerWrap",
  "TLSWrap",
  "UDPWRAP",
  "ProcessWrap",
  "FSEventWrap",
];

/** How long closed sockets and workers may take to be gone, in ms; looked at in steps. */
const GRACE = 10_000;
const STEP = 20;

/** Node does not count workers among its active resources. */
const workers = new Set<Worker>();
process.on("worker", (worker) => {
  workers.add(worker);
  worker.once("exit", () => workers.delete(worker));
});

/**
 * Run as a set-up file: fails a test file that leaves timers, sockets, servers, workers or processes open
 * beyond those that were there before it. It is registered first, so it looks after all of the file's own
 * clean-up. What does not keep the process alive (an idle pooled connection) does not count.
 */
const before = open();

afterAll(async () => {
  let left = leftOpen();
  for (let waited = 0; left.length > 0 && waited < GRACE; waited += STEP) {
    await new Promise((resolve) => setTimeout(resolve, STEP));
    left = leftOpen();
  }
  await Promise.all([...workers].map((worker) => worker.terminate())); // or the run itself would hang
  expect(left, "left open by this file").toEqual([]);
}, GRACE * 3);

function open(): Map<string, number> {
  const counts = new Map<string, number>([["Worker", workers.size]]);
  for (const kind of process.getActiveResourcesInfo()) {
    if (WATCHED.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function leftOpen(): string[] {
  return [...open()]
    .filter(([kind, count]) => count > (before.get(kind) ?? 0))
    .map(([kind, count]) => `${count - (before.get(kind) ?? 0)} × ${kind}`);
}

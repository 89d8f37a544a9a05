import { systemClock } from "../../src/runtime/clock.ts";
import { openStore } from "../../src/store/open-store.ts";
import { anEndedCall, anEntry } from "./store-fixtures.ts";

/**
 * A process that has the store of a directory open, says `open`, and then saves one ended call after the other
 * and says the id of each that is durable. It does not end by itself.
 */
const [dataDir = ""] = process.argv.slice(2);
const store = await openStore({ dataDir, clock: systemClock });
console.log("open");
for (let sessionId = 1; ; sessionId++) {
  await store.calls.save(
    {
      calls: [anEndedCall(sessionId)],
      entries: [anEntry(sessionId, 1), anEntry(sessionId, 2)],
      milestones: [],
    },
    "child",
  );
  console.log(sessionId);
}

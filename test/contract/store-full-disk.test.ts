import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { CallMilestones } from "../../src/calls/call-milestones.ts";
import { CallRecorder } from "../../src/calls/call-recorder.ts";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { countingIds } from "../../src/calls/session-ids.ts";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import { openEmbedded } from "../../src/store/embedded/open-embedded.ts";
import { SqlCallStore } from "../../src/store/sql-call-store.ts";
import { StoreDatabase } from "../../src/store/store-database.ts";
import { eventually } from "../support/call-desk.ts";
import { aCall } from "../support/calls.ts";
import { afterTest, temporaryDirectory } from "./store-harness.ts";

describe("a disk that is full", () => {
  it("stops no call, and has everything once there is room", async () => {
    const opened = await openEmbedded(await temporaryDirectory(), clock);
    afterTest(opened.close);
    const store = new SqlCallStore(new StoreDatabase(opened));
    const onError = (error: unknown) => expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    const registry = new CallRegistry({ clock, maxCalls: 10, onListenerError: onError });
    const milestones = new CallMilestones(registry, countingIds(), clock, onError);
    const recorder = new CallRecorder({ registry, milestones, store, owner: "me", clock, onError });
    afterTest(() => recorder.close());
    milestones.start();
    recorder.start();

    registry.admit(aCall());
    await recorder.flushed();
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(opened.kysely);
    await sql`pragma max_page_count = ${sql.raw(String(rows[0]?.page_count))}`.execute(opened.kysely);
    registry.answer(1);
    for (let said = 1; said <= 300; said++) registry.note(1, "customer", `${said} ${"x".repeat(1_000)}`);
    await eventually(() => recorder.failing, "the store has no room");
    registry.end(1, "caller-hung-up");
    expect(await store.transcript(1)).toEqual([]);

    await sql`pragma max_page_count = 1000000`.execute(opened.kysely);
    await eventually(() => !recorder.failing, "the store takes it again");
    await recorder.flushed();
    expect(await store.call(1)).toMatchObject({ status: "completed", endReason: "caller-hung-up" });
    expect(await store.transcript(1)).toHaveLength(300);
    expect(Object.values(recorder.dropped).every((count) => count === 0)).toBe(true);
  });
});

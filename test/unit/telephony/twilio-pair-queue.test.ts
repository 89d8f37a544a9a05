import { describe, expect, it } from "vitest";
import { TwilioPairQueue } from "../../../src/telephony/twilio-pair-queue.ts";

const never = new AbortController().signal;

describe("TwilioPairQueue", () => {
  it("does one thing at a time for a key, in the order of asking", async () => {
    const queue = new TwilioPairQueue();
    const did: string[] = [];
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const runs = gates.map((gate, index) =>
      queue.run("pair", never, async () => {
        did.push(`begin ${index}`);
        await gate.promise;
        did.push(`end ${index}`);
        if (index === 1) throw new Error("failed");
        return index;
      }),
    );
    expect(await queue.run("other", never, async () => "at once")).toBe("at once");
    for (const gate of gates) gate.resolve();
    expect(await Promise.allSettled(runs)).toMatchObject([
      { value: 0 },
      { status: "rejected", reason: { message: "failed" } },
      { value: 2 },
    ]);
    expect(did).toEqual(["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
  });

  it("lets nobody pass when one who waits gives up", async () => {
    const queue = new TwilioPairQueue();
    const gate = Promise.withResolvers<void>();
    const did: string[] = [];
    const abort = new AbortController();
    const first = queue.run("pair", never, () => gate.promise);
    const gaveUp = queue.run("pair", abort.signal, async () => did.push("gave up"));
    const third = queue.run("pair", never, async () => did.push("third"));
    abort.abort(new Error("no more"));
    await expect(gaveUp).rejects.toThrow("no more");
    expect(did).toEqual([]);
    gate.resolve();
    await Promise.all([first, third]);
    expect(did).toEqual(["third"]);
  });
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JournalFile } from "../../src/journal/journal-file.ts";
import { Journals } from "../../src/journal/journals.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import type { Message, ReplyPart } from "../../src/pipeline/language-model.ts";
import { type AnsweringOptions, answering } from "../support/conversations.ts";
import type { VirtualCall } from "../support/virtual-call.ts";

let folder: string;
let journals: Journals;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-journals-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function call(
  of: "all" | "profile",
  answer: (messages: readonly Message[]) => string | readonly ReplyPart[] = () => "Yes.",
  more: AnsweringOptions = {},
): Promise<VirtualCall> {
  return await answering([], answer, {
    ...more,
    journals: (registry, clock) => {
      journals = new Journals({ registry, clock, of, folder, gateway: "test", onError: () => {} });
      return journals;
    },
  });
}

async function kept(told: VirtualCall) {
  told.hangsUp();
  await told.clock.settleTo(told.clock.now());
  await journals.written();
  return readJournal(readFileSync(join(folder, "1.jsonl.gz")));
}

describe("a journal", () => {
  it("is kept of calls whose profile asks for it, and leaves nothing else", async () => {
    const told = await call("profile", undefined, { profile: { journal: true } });
    await told.dial();
    await told.waits(400);
    const { header, entries } = await kept(told);
    expect(header).toMatchObject({ clock: "manual", gateway: "test", recogniser: { name: "scripted" } });
    expect(entries.filter(({ k }) => k === "audio")).toHaveLength(20);
    expect(readdirSync(folder)).toEqual(["1.jsonl.gz"]);
    expect(journals.counters).toEqual({ kept: 1, dropped: 0 });
  });

  it("is not kept of others", async () => {
    const told = await call("profile");
    await told.dial();
    told.hangsUp();
    await journals.written();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("does not hold the keys of a secret, nor their sound", async () => {
    const request = '{"most":8,"secret":true}';
    const told = await call("all", (messages) =>
      messages.some(({ role }) => role === "tool-result")
        ? "Thank you."
        : [
            { type: "tool-call", call: { id: "1", name: "collect_digits", arguments: request } },
            { type: "finish", reason: "tool-calls" },
          ],
    );
    await told.dial();
    await told.hearsOut(0);
    told.types("My card.");
    await told.waits(1_000);
    for (const digit of "4711#") {
      told.presses(digit);
      await told.says(new Uint8Array(160).fill(1));
    }
    await told.hearsOut(1);
    const { entries } = await kept(told);
    expect(entries.flatMap((entry) => (entry.k === "dtmf" ? [entry.digit] : []))).toEqual([..."0000#"]);
    expect(JSON.stringify(entries)).not.toContain(Buffer.alloc(160, 1).toString("base64"));
  });

  it("leaves nothing of what a dead process had half written", async () => {
    writeFileSync(join(folder, "7.jsonl.gz.part"), "half");
    const told = await call("all");
    expect(readdirSync(folder)).toEqual([]);
    await told.dial();
    await kept(told);
  });

  it("does not touch the call when the disk fails, and is counted", async () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "a file where the folder should be");
    const told = await call("all");
    await told.dial();
    await told.hearsOut(0);
    told.hangsUp();
    await journals.written();
    expect(journals.counters).toEqual({ kept: 0, dropped: 1 });
    expect(told.transcript).toEqual(["agent: Hello."]);
  });
});

describe("a journal's file", () => {
  it("is dropped whole when more waits for the disk than may", async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const path = join(folder, "9.jsonl.gz");
    const file = new JournalFile({ path, bound: 1_000, settled: resolve });
    for (let i = 0; i < 100; i++) file.write({ k: "typed", t: i, text: "words".repeat(20) });
    file.end();
    expect(await promise).toBe(false);
    expect(existsSync(path)).toBe(false);
  });
});

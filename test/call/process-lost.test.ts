import { afterAll, afterEach, describe, expect, it } from "vitest";
import { pause } from "../../bench/pause.ts";
import type { CallerStep } from "../../src/simulation/phone/caller-script.ts";
import { eventually } from "../support/call-desk.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";
import { startPostgres } from "../support/postgres.ts";
import { ProcessPair } from "../support/process-pair.ts";

const closers: (() => unknown)[] = [];
const server = await startPostgres();

afterAll(async () => {
  if ("stop" in server) await server.stop();
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** On a database of their own: calls count from 1. */
async function aPair(): Promise<ProcessPair> {
  if ("missing" in server) throw new Error(server.missing);
  return ProcessPair.open(await server.newDatabase(), closers);
}

interface Line {
  readonly speaker: string;
  readonly text: string;
}

/**
 * A caller who asks for a service request by keys, and then says what kind. A patient one: a busy machine may take
 * seconds to change hands, and keys would interrupt the rest.
 */
const cue = { when: "agent-finished", quiet: 6_000, patience: 30_000 } as const;
const script: readonly CallerStep[] = [
  { type: "press", digits: "2#", cue: { ...cue, quiet: 12_000 } }, // meanwhile the second process starts
  { type: "press", digits: "1#", cue },
  { type: "hang-up", cue },
];

/** In ms: more than the longest word, with what a busy machine adds; a sentence that is lost or said twice is longer. */
const LESS_THAN_A_SENTENCE = 1_500;
/** What a process that has just started still does takes the processor from calls; in ms. */
const SETTLES_WITHIN = 2_000;

/** What is said in the call, whatever becomes of the gateways. */
const SAID = [
  "Hello, and thank you for calling. How can I help you?",
  "2",
  "Sure, I can take a service request. Is it about a repair, a delivery, or an appointment?",
  "1",
  "Of course, I can help with that. What is it about? For example heating, water, electricity, or internet.",
];

async function transcriptOf(gateway: GatewayProcess, sessionId: number): Promise<readonly Line[]> {
  const response = await fetch(`${gateway.url}/api/v1/calls/${sessionId}/transcript`);
  return response.ok ? ((await response.json()) as readonly Line[]) : [];
}

/** Until the agent has been heard to say that much, by the transcript of a gateway. */
async function heard(gateway: GatewayProcess, sessionId: number, words: string): Promise<void> {
  await eventually(
    async () => (await transcriptOf(gateway, sessionId)).some(({ text }) => text.includes(words)),
    `the agent says "${words}"`,
    30_000,
  );
}

/** A second process, which has nothing left to do of its start. */
async function joined(pair: ProcessPair): Promise<GatewayProcess> {
  const gateway = await pair.start();
  await pause(SETTLES_WITHIN);
  return gateway;
}

/** The words of both sides, in order. */
function wordsOf(lines: readonly { readonly text: string }[]): string {
  return lines.map(({ text }) => text).join(" ");
}

describe.skipIf("missing" in server)("two gateways on one database", { timeout: 240_000 }, () => {
  it("one is killed while the agent speaks: the other goes on, and no word is lost or said twice", async () => {
    const fleet = await aPair();
    const first = await fleet.start();
    const undisturbed = await fleet.call(script);
    let second = first;
    const report = await fleet.call(script, async () => {
      await heard(first, 2, "How can I help");
      second = await joined(fleet);
      await heard(first, 2, "Is it about");
      await first.kill();
    });
    expect(report).toMatchObject({ streams: 2, sessionId: "2", ended: { by: "caller" } });
    expect(wordsOf(await transcriptOf(second, 2))).toBe(SAID.join(" "));
    // What the caller's ear got, against a call in which nothing happened: less than a sentence more or less.
    expect(Math.abs(report.heard - undisturbed.heard)).toBeLessThan(LESS_THAN_A_SENTENCE);
    expect(await fleet.histories(2)).toEqual(["call_1", "call_2"]);
  });

  it("one is told to stop: the other goes on, from a moment at which nobody speaks", async () => {
    const fleet = await aPair();
    const first = await fleet.start();
    let second = first;
    const report = await fleet.call(script, async () => {
      await heard(first, 1, "How can I help");
      second = await joined(fleet);
      await heard(first, 1, "Is it about");
      await first.terminate();
    });
    expect(first.exitCode).toBe(0);
    expect(report).toMatchObject({ streams: 2, sessionId: "1", ended: { by: "caller" } });
    const bridge = "Sorry, the line dropped for a moment. Please go on.";
    expect(wordsOf(await transcriptOf(second, 1))).toBe(
      [...SAID.slice(0, 3), bridge, ...SAID.slice(3)].join(" "),
    );
    expect(await fleet.histories(1)).toEqual(["call_1"]);
  });
});

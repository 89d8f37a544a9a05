import { Type } from "typebox";
import { expect, it } from "vitest";
import { agentProfile } from "../../../src/calls/agent-profile.ts";
import type { TransferRequest } from "../../../src/calls/transfer-desk.ts";
import {
  collectDigitsTool,
  endCallTool,
  sendDigitsTool,
  serviceRequestTool,
  transferTool,
} from "../../../src/pipeline/built-in-tools.ts";
import { CallTools } from "../../../src/pipeline/call-tools.ts";
import { noKeypad } from "../../../src/pipeline/caller-line.ts";
import { Secrets } from "../../../src/pipeline/secrets.ts";
import { type Tool, tool, toolCalled } from "../../../src/pipeline/tools.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { aCall, serviceRequestBook } from "../../support/calls.ts";

const forTests = new AbortController().signal;

/** A call's tools, and everything that they have done. */
function toolsOf(tools: readonly Tool[], permitted?: readonly string[]) {
  const profile = agentProfile(permitted && { tools: permitted });
  const ofCall = new CallTools({
    clock: new ManualClock(),
    call: aCall({ profile }),
    tools,
    line: noKeypad,
    secrets: new Secrets(),
  });
  const ask = (name: string, args: unknown = {}, turn = 1) =>
    ofCall.run(
      turn,
      { id: "1", name, arguments: typeof args === "string" ? args : JSON.stringify(args) },
      forTests,
    );
  return { ofCall, ask };
}

/** Notes what it is run with. */
function noting(name: string, more: Partial<Tool> = {}) {
  const runs: unknown[] = [];
  const noted = tool({
    name,
    description: "",
    parameters: Type.Object({ text: Type.Optional(Type.String({ maxLength: 10 })) }),
    run: async (args) => {
      runs.push(args);
      return { result: "{}" };
    },
  });
  return { runs, tool: { ...noted, ...more } };
}

function desk(requests: TransferRequest[]) {
  return transferTool({
    departments: ["billing", "operator"],
    transfer: async (request) => {
      requests.push(request);
      return { message: "Taken over." };
    },
  });
}

it("offers what the profile permits, and refuses to run anything else, offered or not", async () => {
  const permitted = noting("look_up");
  const forbidden = noting("wire_money");
  const { ofCall, ask } = toolsOf([permitted.tool, forbidden.tool], ["look_up"]);
  expect(ofCall.offered.map(({ name }) => name)).toEqual(["look_up"]);
  expect(await ask("wire_money")).toMatchObject({ ok: false });
  expect(await ask("constructor")).toMatchObject({ ok: false });
  expect(await ask("look_up")).toMatchObject({ ok: true });
  expect([permitted.runs.length, forbidden.runs.length]).toEqual([1, 0]);
});

it("permits all of them when the profile names none, and none when its list is empty", () => {
  const { tool } = noting("look_up");
  expect(toolsOf([tool]).ofCall.offered).toEqual([tool]);
  expect(toolsOf([tool], []).ofCall.offered).toEqual([]);
});

it.each([
  ["no JSON", "{"],
  ["a list", "[]"],
  ["nothing", "null"],
  ["a text", '"text"'],
  ["a field of another type", { text: 5 }],
  ["a field that is nested", { text: { text: "a" } }],
  ["a text over its bound", { text: "12345678901" }],
  ["a novel", { text: "x".repeat(20_000) }],
  ["depth", `${"[".repeat(8_000)}${"]".repeat(8_000)}`],
])("does not run a tool with %s for arguments", async (_, args) => {
  const { runs, tool } = noting("look_up");
  const { result, ok } = await toolsOf([tool]).ask("look_up", args);
  expect([ok, runs]).toEqual([false, []]);
  expect(JSON.parse(result).error).toMatch(/arguments/);
  expect(result.length).toBeLessThan(300);
});

it("gives a tool the arguments that its schema names, and no others", async () => {
  const { runs, tool } = noting("look_up");
  await toolsOf([tool]).ask("look_up", '{"text":"a","admin":true,"__proto__":{"admin":true}}');
  expect(runs).toEqual([{ text: "a" }]);
  expect((runs[0] as { admin?: boolean }).admin).toBeUndefined();
});

it.each([
  ["a number", "+19005550100"],
  ["a SIP address", "sip:mallory@example.com"],
  ["another department", "the vault"],
  ["a list of them", ["billing"]],
])("hands nobody over to %s that the caller has named", async (_, department) => {
  const requests: TransferRequest[] = [];
  const { result, ok } = await toolsOf([desk(requests)]).ask("transfer_call", { department });
  expect([ok, requests]).toEqual([false, []]);
  expect(result).toContain("billing");
});

it("hands over once in a turn, however often it is asked to at once", async () => {
  const requests: TransferRequest[] = [];
  const { ask } = toolsOf([desk(requests)]);
  const asked = Array.from({ length: 50 }, () => ask("transfer_call", { department: "billing" }));
  const outcomes = await Promise.all(asked);
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  expect(requests).toHaveLength(1);
  expect(await ask("transfer_call", { department: "operator" }, 2)).toMatchObject({ ok: true });
});

it("takes down three requests in a turn at most", async () => {
  const book = serviceRequestBook();
  const { ask } = toolsOf([serviceRequestTool(book)]);
  const order = { kind: "repair", description: "again", urgency: "normal" };
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => ask("create_service_request", order)));
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(3);
  expect(await book.ofCall(1)).toHaveLength(3);
});

it("runs twelve tools in a turn and 200 in a call, unknown ones counted", async () => {
  const { runs, tool } = noting("look_up");
  const { ask } = toolsOf([tool]);
  for (let count = 0; count < 6; count++) await ask("made_up");
  for (let count = 0; count < 50; count++) await ask("look_up");
  expect(runs).toHaveLength(6);
  for (let turn = 2; turn < 50; turn++)
    for (let count = 0; count < 12; count++) await ask("look_up", {}, turn);
  expect(runs).toHaveLength(200 - 6);
  expect((await ask("look_up", {}, 51)).result).toContain("in this call");
});

it("tells the model its own mistakes, and nothing of where the product failed", async () => {
  const failing = (error: unknown): Tool => ({ ...noting("look_up").tool, run: () => Promise.reject(error) });
  const told = async (error: unknown) => (await toolsOf([failing(error)]).ask("look_up")).result;
  expect(await told(new GatewayError("CONFLICT", "Nobody is in."))).toContain("Nobody is in.");
  const inner = "connect ECONNREFUSED 10.0.0.7:5432 as earshot";
  expect(await told(new GatewayError("STORE_UNAVAILABLE", inner))).toBe(
    JSON.stringify({ error: "The tool failed (STORE_UNAVAILABLE)." }),
  );
  expect(await told(new Error(inner))).toBe(JSON.stringify({ error: "The tool failed." }));
  expect(await told("password=hunter2")).not.toContain("hunter2");
});

it("gives no event a name that a caller has dictated", () => {
  const outcome = { ok: false };
  expect(toolCalled(1, "transfer_call", outcome)).toMatchObject({ tool: "transfer_call" });
  expect(toolCalled(1, "my card is 4111 1111", outcome)).toMatchObject({ tool: "unknown" });
  expect(toolCalled(1, "x".repeat(65), outcome)).toMatchObject({ tool: "unknown" });
});

it.each([
  [collectDigitsTool, { most: 65 }],
  [collectDigitsTool, { most: 4, terminator: "9" }],
  [collectDigitsTool, { most: 4, timeout_seconds: 3_600 }],
  [sendDigitsTool, { keys: "" }],
  [sendDigitsTool, { keys: "1;2" }],
  [sendDigitsTool, { keys: "1".repeat(65) }],
  [endCallTool, { reason: "x".repeat(201) }],
])("holds %o to its bounds", async (bounded, args) => {
  const { ok, result } = await toolsOf([bounded]).ask(bounded.name, args);
  expect(ok).toBe(false);
  expect(result).toContain("Invalid arguments");
});

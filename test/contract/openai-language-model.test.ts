import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ReplyPart, ReplyRequest } from "../../src/pipeline/language-model.ts";
import { OpenAiLanguageModel } from "../../src/providers/openai/openai-language-model.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { startStandInServer } from "../../src/simulation/stand-ins/stand-in-server.ts";
import { until } from "../support/until.ts";

const QUICK = { clock: systemClock, firstToken: 0, tokensPerSecond: 100_000 };

const open: { close(): Promise<void> | void }[] = [];
let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  expect(clock.armed, "timers left behind").toBe(0);
});

function kept<One extends { close(): Promise<void> | void }>(one: One): One {
  open.push(one);
  return one;
}

async function standInWith(reply?: Parameters<typeof startOpenAiStandIn>[0]["reply"]): Promise<StandIn> {
  return kept(await startOpenAiStandIn({ ...QUICK, ...(reply !== undefined && { reply }) }));
}

function modelAt(origin: string, apiKey = "key"): OpenAiLanguageModel {
  return kept(new OpenAiLanguageModel({ apiKey, clock, baseUrl: `${origin}/v1` }));
}

function request(fields: Partial<ReplyRequest> = {}): ReplyRequest {
  return {
    conversationId: "1",
    prompt: "Be brief.",
    messages: [{ role: "caller", text: "Hello?", by: "voice" }],
    tools: [],
    signal: new AbortController().signal,
    ...fields,
  };
}

async function collect(reply: AsyncIterable<ReplyPart>): Promise<ReplyPart[]> {
  const parts: ReplyPart[] = [];
  for await (const part of reply) parts.push(part);
  return parts;
}

/** The end of a body is read behind the reply's back; until then its connection is not free. */
function drained(): Promise<void> {
  return until(() => clock.armed === 0);
}

function wire(standIn: StandIn): string {
  return standIn.log
    .map(({ what, detail }) => (detail === undefined ? what : `${what}:${detail}`))
    .join(" | ");
}

/** A server that answers every chat request with these events and ends. */
async function serverSaying(...events: string[]): Promise<string> {
  const server = await startStandInServer({
    request: (incoming, response) => {
      incoming.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(events.map((event) => `data: ${event}\n\n`).join(""));
    },
  });
  return kept(server).origin;
}

const chunk = (delta: object, finish: string | null = null) =>
  JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] });

describe("OpenAiLanguageModel", () => {
  it("streams the words of a reply, then finish with usage", async () => {
    const standIn = await standInWith(() => "Sure thing, one moment.");
    const parts = await collect(modelAt(standIn.origin).reply(request()));
    expect(parts).toEqual<ReplyPart[]>([
      { type: "text", text: "Sure" },
      { type: "text", text: " thing," },
      { type: "text", text: " one" },
      { type: "text", text: " moment." },
      { type: "finish", reason: "stop", usage: { input: 3, output: 4 } },
    ]);
    expect(wire(standIn)).toBe(
      "request:system,user | role | token:Sure | token: thing, | token: one | token: moment. | finish:stop | usage | [DONE]",
    );
  });

  it("gives tool calls whole, after the words before them", async () => {
    const standIn = await standInWith((_messages, tools) => ({
      text: "Let me see.",
      toolCalls: [
        { name: tools[0]?.function.name ?? "none", arguments: '{"question":"opening hours"}' },
        { name: "second", arguments: "{}" },
      ],
    }));
    const tools = [{ name: "look_up", description: "Looks up.", parameters: { type: "object" } }];
    const parts = await collect(modelAt(standIn.origin).reply(request({ tools })));
    expect(parts.slice(-3)).toMatchObject([
      { type: "tool-call", call: { name: "look_up", arguments: '{"question":"opening hours"}' } },
      { type: "tool-call", call: { name: "second", arguments: "{}" } },
      { type: "finish", reason: "tool-calls" },
    ]);
  });

  it("uses one connection for replies that follow each other, and for the warming before them", async () => {
    let connections = 0;
    const paths: string[] = [];
    const server = await startStandInServer({
      request: (incoming, response) => {
        paths.push(`${incoming.method} ${incoming.url}`);
        if (!seen.has(incoming.socket)) connections++;
        seen.add(incoming.socket);
        incoming.resume();
        response.end(
          incoming.method === "GET" ? "" : `data: ${chunk({ content: "Hi" }, "stop")}\n\ndata: [DONE]\n\n`,
        );
      },
    });
    const seen = new Set<object>();
    const model = modelAt(kept(server).origin);
    model.warm();
    model.warm();
    await until(() => paths.length === 1 && clock.armed === 0);
    for (let turn = 0; turn < 3; turn++) {
      await collect(model.reply(request()));
      await drained();
    }
    expect(paths).toEqual(["GET /", ...Array(3).fill("POST /v1/chat/completions")]);
    expect(connections).toBe(1);
    clock.advanceTo(4_000);
    model.warm();
    await until(() => paths.length === 5 && clock.armed === 0);
  });

  it("sends the request once more when a kept connection turns out to be closed", async () => {
    let requests = 0;
    const server = await startStandInServer({
      request: (incoming, response) => {
        incoming.resume();
        if (++requests === 2) return incoming.socket.destroy();
        response.end(`data: ${chunk({ content: "Hi" }, "stop")}\n\ndata: [DONE]\n\n`);
      },
    });
    const model = modelAt(kept(server).origin);
    for (let turn = 0; turn < 2; turn++) {
      expect((await collect(model.reply(request()))).at(-1)).toMatchObject({ type: "finish" });
      await drained();
    }
    expect(requests).toBe(3);
  });

  it("warms without harm when nobody is there", async () => {
    const server = await startStandInServer({});
    await server.close();
    modelAt(server.origin).warm();
    await until(() => clock.armed === 0);
  });

  it.each([
    [401, "PROVIDER_REFUSED"],
    [404, "PROVIDER_REFUSED"],
    [429, "PROVIDER_RATE_LIMITED"],
    [500, "PROVIDER_UNAVAILABLE"],
  ])("fails with the status %i as %s, without another attempt", async (status, code) => {
    const standIn = await standInWith();
    standIn.inject({ type: "status", status });
    await expect(collect(modelAt(standIn.origin).reply(request()))).rejects.toMatchObject({
      code,
      cause: expect.any(Error),
    });
    expect(wire(standIn)).toBe(`request:system,user | error:${status}`);
  });

  it("is refused without a key", async () => {
    const standIn = await standInWith();
    await expect(collect(modelAt(standIn.origin, "").reply(request()))).rejects.toMatchObject({
      code: "PROVIDER_REFUSED",
    });
  });

  it("is unavailable when nobody listens", async () => {
    const server = await startStandInServer({});
    await server.close();
    await expect(collect(modelAt(server.origin).reply(request()))).rejects.toMatchObject({
      code: "PROVIDER_UNAVAILABLE",
      cause: { code: "ECONNREFUSED" },
    });
  });

  it("fails when the connection is cut between two words", async () => {
    const standIn = await standInWith(() => "one two three");
    standIn.inject({ type: "drop", afterMessages: 3 });
    const texts: string[] = [];
    const reading = (async () => {
      for await (const part of modelAt(standIn.origin).reply(request()))
        if (part.type === "text") texts.push(part.text);
    })();
    await expect(reading).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(texts).toEqual(["one", " two"]);
  });

  it("fails when the stream ends in order but without a finish reason", async () => {
    const origin = await serverSaying(chunk({ content: "We are open" }));
    await expect(collect(modelAt(origin).reply(request()))).rejects.toMatchObject({
      code: "PROVIDER_PROTOCOL",
      retryable: true,
    });
  });

  it("fails when an event is not JSON, and when an event is an error", async () => {
    const standIn = await standInWith();
    standIn.inject({ type: "malformed", atMessage: 2 });
    await expect(collect(modelAt(standIn.origin).reply(request()))).rejects.toMatchObject({
      code: "PROVIDER_PROTOCOL",
    });
    const origin = await serverSaying(
      chunk({ content: "Hi" }),
      '{"error":{"message":"x","type":"server_error"}}',
    );
    await expect(collect(modelAt(origin).reply(request()))).rejects.toMatchObject({
      code: "PROVIDER_UNAVAILABLE",
    });
  });

  it.each([
    ["first token", 0, 5_000],
    ["first token", 1, 5_000],
    ["token", 3, 3_000],
  ])("gives up after no %s when %i messages came", async (what, afterMessages, ms) => {
    const standIn = await standInWith();
    standIn.inject({ type: "stall", afterMessages });
    const reading = collect(modelAt(standIn.origin).reply(request()));
    const failing = expect(reading).rejects.toMatchObject({
      code: "PROVIDER_TIMEOUT",
      message: `openai: no ${what} for ${ms} ms`,
    });
    await until(() => standIn.log.length === 1 + afterMessages);
    // The silence is armed anew by the last message, which is still on its way.
    await until(() => (clock.nextDue ?? 0) <= ms && clock.armed === 2);
    await clock.settleTo(ms - 1);
    expect(clock.armed).toBe(2);
    await clock.settleTo(ms);
    await failing;
    await until(() => wire(standIn).endsWith("aborted"));
  });

  it("does not take the consumer's own time for silence", async () => {
    const standIn = await standInWith(() => "one two");
    const parts: string[] = [];
    for await (const part of modelAt(standIn.origin).reply(request())) {
      parts.push(part.type);
      clock.advanceTo(clock.now() + 10_000);
    }
    expect(parts).toEqual(["text", "text", "finish"]);
  });

  it("does not wait for usage that does not come", async () => {
    const standIn = await standInWith(() => "one");
    standIn.inject({ type: "stall", afterMessages: 3 });
    const reading = collect(modelAt(standIn.origin).reply(request()));
    await until(() => clock.nextDue === 300);
    clock.advanceTo(300);
    expect((await reading).at(-1)).toEqual({ type: "finish", reason: "stop" });
  });

  it("ends in silence when it is aborted, and the server sees it", async () => {
    const standIn = await standInWith(() => "one two three");
    standIn.inject({ type: "stall", afterMessages: 3 });
    const turn = new AbortController();
    const reading = collect(modelAt(standIn.origin).reply(request({ signal: turn.signal })));
    await until(() => clock.nextDue === 3_000);
    turn.abort("barge-in");
    expect((await reading).map((part) => part.type)).toEqual(["text", "text"]);
    await until(() => wire(standIn).endsWith("aborted"));
  });

  it("ends in silence when it is aborted before it began, or before the answer", async () => {
    const standIn = await standInWith();
    const model = modelAt(standIn.origin);
    expect(await collect(model.reply(request({ signal: AbortSignal.abort() })))).toEqual([]);
    expect(standIn.log).toHaveLength(0);
    const turn = new AbortController();
    const reading = collect(model.reply(request({ signal: turn.signal })));
    turn.abort();
    expect(await reading).toEqual([]);
  });

  it("leaves the connection when the consumer leaves the loop", async () => {
    const standIn = await standInWith(() => "one two three");
    standIn.inject({ type: "stall", afterMessages: 3 });
    for await (const part of modelAt(standIn.origin).reply(request())) {
      expect(part).toEqual({ type: "text", text: "one" });
      break;
    }
    await until(() => wire(standIn).endsWith("aborted"));
  });
});

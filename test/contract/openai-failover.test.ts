import { beforeEach, describe, expect, it } from "vitest";
import type { LanguageModel } from "../../src/pipeline/language-model.ts";
import { Receptionist } from "../../src/providers/embedded/receptionist.ts";
import { failoverLanguageModel } from "../../src/providers/failover/language-model/failover-language-model.ts";
import { OpenAiLanguageModel } from "../../src/providers/openai/openai-language-model.ts";
import { CircuitBreakers } from "../../src/runtime/circuit-breakers.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { startStandInServer } from "../../src/simulation/stand-ins/stand-in-server.ts";
import { keeping } from "../support/keeping.ts";

let clock: ManualClock;
const kept = keeping(() => clock);

beforeEach(() => {
  clock = new ManualClock();
});

const whole = "We open at nine, and we close at six.";
const answer = { clock: systemClock, firstToken: 0, tokensPerSecond: 100_000 };

/** A server that goes on with its own answer when it is given the beginning of it. */
async function standIn(): Promise<StandIn> {
  return kept(
    await startOpenAiStandIn({
      ...answer,
      reply: (messages) => {
        const last = messages.at(-1);
        const before = messages.at(-2);
        if (last?.role !== "system" || before?.role !== "assistant") return whole;
        return whole.slice(String(before.content).length).trim();
      },
    }),
  );
}

function modelAt({ origin }: { readonly origin: string }): OpenAiLanguageModel {
  return kept(new OpenAiLanguageModel({ apiKey: "key", clock, baseUrl: `${origin}/v1` }));
}

/** The reply of the list; time moves on when nothing happens on the wire. */
async function reply(...providers: LanguageModel[]): Promise<{ text: string; failures: string[] }> {
  const failures: string[] = [];
  const model = failoverLanguageModel(providers, {
    clock,
    onFailure: (provider, { code }) => failures.push(`${provider} ${code}`),
    breakers: new CircuitBreakers(clock),
    firstToken: 2_500,
  });
  const messages = [{ role: "caller", text: "What are your opening hours?", by: "voice" } as const];
  const { signal } = new AbortController();
  let text = "";
  const parts = model.reply({ conversationId: "1", prompt: "Be brief.", messages, tools: [], signal });
  for await (const part of parts) if (part.type === "text") text += part.text;
  return { text, failures };
}

/** Fires the next deadline once the wire has been quiet for a while. */
async function whenLate<Answer>(asking: Promise<Answer>, wire: StandIn): Promise<Answer> {
  let over = false;
  const done = asking.finally(() => {
    over = true;
  });
  while (!over) {
    const before = wire.log.length;
    for (let turn = 0; turn < 2_000 && !over; turn++) await new Promise((next) => setImmediate(next));
    if (!over && wire.log.length === before && before > 0 && clock.nextDue !== undefined)
      await clock.settleTo(clock.nextDue);
  }
  return done;
}

describe("a list of models over the wire", () => {
  it.each([
    ["a 500", { type: "status", status: 500 }, "PROVIDER_UNAVAILABLE"],
    [
      "a connection that is cut before the first token",
      { type: "drop", afterMessages: 1 },
      "PROVIDER_UNAVAILABLE",
    ],
    ["a stream that is not JSON", { type: "malformed", atMessage: 0 }, "PROVIDER_PROTOCOL"],
    [
      "a connection that is cut between two words",
      { type: "drop", afterMessages: 4 },
      "PROVIDER_UNAVAILABLE",
    ],
  ] as const)("of one: the caller gets every word once in spite of %s", async (_, fault, code) => {
    const server = await standIn();
    server.inject(fault);
    expect(await reply(modelAt(server))).toEqual({ text: whole, failures: [`openai ${code}`] });
    expect(server.log.filter(({ what }) => what === "request")).toHaveLength(2);
  });

  it.each([
    ["too many requests", { type: "status", status: 429 }, "PROVIDER_RATE_LIMITED"],
    ["a silent server", { type: "stall", afterMessages: 1 }, "PROVIDER_TIMEOUT"],
    ["a stream that stalls between two words", { type: "stall", afterMessages: 4 }, "PROVIDER_TIMEOUT"],
  ] as const)("of one: in spite of %s, once the time is up", async (_, fault, code) => {
    const server = await standIn();
    server.inject(fault);
    const told = await whenLate(reply(modelAt(server)), server);
    expect(told).toEqual({ text: whole, failures: [`openai ${code}`] });
  });

  it("tells a model that goes on what was said, and what it is to do", async () => {
    const server = await standIn();
    server.inject({ type: "drop", afterMessages: 4 });
    await reply(modelAt(server));
    expect(server.log.filter(({ what }) => what === "request").map(({ detail }) => detail)).toEqual([
      "system,user",
      "system,user,assistant,system",
    ]);
  });

  it("asks again on a connection of its own", async () => {
    const sockets = new Set<object>();
    let requests = 0;
    const server = kept(
      await startStandInServer({
        request: (incoming, response) => {
          sockets.add(incoming.socket);
          incoming.resume();
          requests += 1;
          if (requests === 1) return response.writeHead(500).end("{}");
          const chunk = { choices: [{ index: 0, delta: { content: whole }, finish_reason: "stop" }] };
          response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
        },
      }),
    );
    expect((await reply(modelAt(server))).text).toBe(whole);
    expect({ requests, connections: sockets.size }).toEqual({ requests: 2, connections: 2 });
  });

  it.each([
    ["retry-after", "1", 1_000],
    ["retry-after-ms", "400", 400],
    ["retry-after", "3600", undefined],
    ["retry-after", "Wed, 21 Oct 2026 07:28:00 GMT", undefined],
  ])("honours %s: %s", async (header, value, wait) => {
    let requests = 0;
    const server = kept(
      await startStandInServer({
        request: (incoming, response) => {
          incoming.resume();
          requests += 1;
          if (requests === 1) return response.writeHead(429, { [header]: value }).end("{}");
          const chunk = { choices: [{ index: 0, delta: { content: whole }, finish_reason: "stop" }] };
          response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
        },
      }),
    );
    const asking = reply(modelAt(server));
    if (wait === undefined) {
      await expect(asking).rejects.toMatchObject({ code: "PROVIDER_RATE_LIMITED" });
      expect(requests).toBe(1);
      return;
    }
    while (clock.nextDue !== wait) await new Promise((next) => setImmediate(next));
    expect(requests).toBe(1);
    await clock.settleTo(wait);
    expect((await asking).text).toBe(whole);
  });

  it("of two: has the second one go on, which does not know the first", async () => {
    const [first, second] = [await standIn(), await standIn()];
    first.inject({ type: "drop", afterMessages: 4 });
    const told = await reply(modelAt(first), modelAt(second));
    expect(told.text).toBe(whole);
    expect(second.log[0]?.detail).toBe("system,user,assistant,system");
  });

  it("of two: moves on at once when the first refuses", async () => {
    const [first, second] = [await standIn(), await standIn()];
    first.inject({ type: "status", status: 401 });
    expect(await reply(modelAt(first), modelAt(second))).toEqual({
      text: whole,
      failures: ["openai PROVIDER_REFUSED"],
    });
    expect(first.log.filter(({ what }) => what === "request")).toHaveLength(1);
  });

  it("of two: has the embedded receptionist begin again where it would have said something else", async () => {
    const first = await standIn();
    first.inject({ type: "drop", afterMessages: 4 });
    const { text } = await reply(modelAt(first), new Receptionist());
    expect(text).toMatch(/^We open… Excuse me, let me begin again\. Sure, we are open Monday/);
  });

  it("keeps the connection of a reply that came to its end", async () => {
    const server = await standIn();
    const model = modelAt(server);
    for (let turn = 0; turn < 3; turn++) {
      expect((await reply(model)).text).toBe(whole);
      while (clock.armed > 0) await new Promise((next) => setImmediate(next));
    }
    expect(server.log.some(({ what }) => what === "aborted")).toBe(false);
  });
});

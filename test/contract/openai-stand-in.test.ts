import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";

const MESSAGES = [{ role: "user" as const, content: "Hello?" }];

let standIn: StandIn;
let client: OpenAI;

beforeEach(async () => {
  standIn = await startOpenAiStandIn({
    clock: systemClock,
    firstToken: 0,
    tokensPerSecond: 100_000,
    reply: (_messages, tools) =>
      tools.length > 0 ? { toolCalls: [{ name: "f", arguments: '{"a":[1,2,3]}' }] } : "Sure thing, yes.",
  });
  client = new OpenAI({ apiKey: "key", baseURL: `${standIn.origin}/v1`, maxRetries: 0 });
});

afterEach(() => standIn.close());

describe("the OpenAI stand-in, seen by the vendor's own package", () => {
  it("streams a reply that the package can put together", async () => {
    const stream = client.chat.completions.stream({
      model: "m",
      messages: MESSAGES,
      stream_options: { include_usage: true },
    });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: "Sure thing, yes." },
    });
    expect(completion.usage).toEqual({ prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 });
  });

  it("streams tool calls in fragments that the package can put together", async () => {
    const tools = [{ type: "function" as const, function: { name: "f", parameters: {} } }];
    const completion = await client.chat.completions
      .stream({ model: "m", messages: MESSAGES, tools })
      .finalChatCompletion();
    expect(completion.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      type: "function",
      function: { name: "f", arguments: '{"a":[1,2,3]}' },
    });
  });

  it("answers as a whole when no stream is asked for", async () => {
    const completion = await client.chat.completions.create({ model: "m", messages: MESSAGES });
    expect(completion.choices[0]?.message.content).toBe("Sure thing, yes.");
    expect(completion.object).toBe("chat.completion");
  });

  it("refuses in the service's shape", async () => {
    standIn.inject({ type: "status", status: 429 });
    await expect(client.chat.completions.create({ model: "m", messages: MESSAGES })).rejects.toMatchObject({
      status: 429,
      code: "injected",
    });
    await expect(client.chat.completions.create({ model: "m", messages: [] })).rejects.toMatchObject({
      status: 400,
    });
    const response = await fetch(`${standIn.origin}/v1/chat/completions`, { method: "POST", body: "{}" });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: "invalid_api_key" } });
  });
});

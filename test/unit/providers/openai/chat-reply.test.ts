import { describe, expect, it } from "vitest";
import { ChatReply } from "../../../../src/providers/openai/chat-reply.ts";

function folded(...chunks: object[]) {
  const reply = new ChatReply();
  const text = chunks.map((chunk) => reply.accept(JSON.stringify(chunk))).join("");
  return { reply, text };
}

const delta = (fields: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});
const tool = (...fragments: object[]) => delta({ tool_calls: fragments });

describe("ChatReply", () => {
  it("joins words, and takes a refusal for words", () => {
    const { reply, text } = folded(
      delta({ role: "assistant", content: "", refusal: null }),
      delta({ content: "I am" }),
      delta({ refusal: " sorry." }),
      delta({}, "stop"),
    );
    expect(text).toBe("I am sorry.");
    expect(reply.finish()).toEqual([{ type: "finish", reason: "stop" }]);
  });

  it("has not begun by a chunk that only names the role", () => {
    expect(folded(delta({ role: "assistant", content: "" })).reply.began).toBe(false);
    expect(folded(delta({ content: "Hi" })).reply.began).toBe(true);
  });

  it("reads usage from a chunk without choices", () => {
    const { reply } = folded(delta({ content: "Hi" }, "length"), {
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: 3 },
    });
    expect(reply.complete).toBe(true);
    expect(reply.finish()).toEqual([{ type: "finish", reason: "length", usage: { input: 12, output: 3 } }]);
  });

  it("joins the fragments of tool calls by index", () => {
    const { reply } = folded(
      tool({ index: 0, id: "a", type: "function", function: { name: "one", arguments: "" } }),
      tool({ index: 1, id: "b", type: "function", function: { name: "two", arguments: '{"y"' } }),
      tool({ index: 0, function: { arguments: '{"x":' } }),
      tool({ index: 1, function: { arguments: ":2}" } }, { index: 0, function: { arguments: "1}" } }),
      delta({}, "tool_calls"),
    );
    expect(reply.finish()).toEqual([
      { type: "tool-call", call: { id: "a", name: "one", arguments: '{"x":1}' } },
      { type: "tool-call", call: { id: "b", name: "two", arguments: '{"y":2}' } },
      { type: "finish", reason: "tool-calls" },
    ]);
  });

  it("takes tool calls without an index, and `stop` after them, from servers that are only alike", () => {
    const { reply } = folded(
      tool({ id: "a", function: { name: "one", arguments: "{}" } }),
      tool({ id: "b", function: { name: "two", arguments: "{" } }),
      tool({ function: { arguments: "}" } }),
      delta({}, "stop"),
    );
    expect(reply.finish()).toEqual([
      { type: "tool-call", call: { id: "a", name: "one", arguments: "{}" } },
      { type: "tool-call", call: { id: "b", name: "two", arguments: "{}" } },
      { type: "finish", reason: "tool-calls" },
    ]);
  });

  it.each([
    ["content_filter", "filtered"],
    ["function_call", "tool-calls"],
    ["something_new", "stop"],
  ])("calls the finish reason %s %s", (wire, reason) => {
    expect(folded(delta({ content: "x" }, wire)).reply.finish()).toEqual([{ type: "finish", reason }]);
  });

  it("is a breach of the protocol when the end was never told", () => {
    expect(() => folded(delta({ content: "Hi" })).reply.finish()).toThrow(
      expect.objectContaining({ code: "PROVIDER_PROTOCOL", retryable: true }),
    );
  });

  it.each(["{not json", "7", "null"])("is a breach of the protocol when an event is %s", (data) => {
    expect(() => new ChatReply().accept(data)).toThrow(
      expect.objectContaining({ code: "PROVIDER_PROTOCOL" }),
    );
  });

  it("is a breach of the protocol when a tool call's arguments have no end or no name", () => {
    const endless = folded(tool({ index: 0, id: "a", function: { name: "one", arguments: "" } })).reply;
    const more = JSON.stringify(tool({ index: 0, function: { arguments: "x".repeat(40_000) } }));
    endless.accept(more);
    expect(() => endless.accept(more)).toThrow(expect.objectContaining({ code: "PROVIDER_PROTOCOL" }));
    const nameless = folded(tool({ index: 0, id: "a", function: {} }), delta({}, "tool_calls")).reply;
    expect(() => nameless.finish()).toThrow(expect.objectContaining({ code: "PROVIDER_PROTOCOL" }));
  });

  it.each([
    [{ message: "slow down", type: "requests", code: "rate_limit_exceeded" }, "PROVIDER_RATE_LIMITED"],
    [{ message: "bad", type: "invalid_request_error" }, "PROVIDER_REFUSED"],
    [{ message: "oops", type: "server_error" }, "PROVIDER_UNAVAILABLE"],
    ["overloaded", "PROVIDER_UNAVAILABLE"],
  ])("throws the error that the stream reports: %j", (error, code) => {
    expect(() => folded({ error })).toThrow(
      expect.objectContaining({ code, cause: expect.objectContaining({ message: expect.any(String) }) }),
    );
  });
});

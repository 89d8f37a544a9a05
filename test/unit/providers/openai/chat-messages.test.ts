import { describe, expect, it } from "vitest";
import type { Message } from "../../../../src/pipeline/language-model.ts";
import { chatMessages, chatTools } from "../../../../src/providers/openai/chat-messages.ts";

function mapped(...messages: Message[]) {
  return chatMessages({ prompt: "Be brief.", messages }).slice(1);
}

describe("chatMessages", () => {
  it("begins with the prompt as the system's word", () => {
    expect(chatMessages({ prompt: "Be brief.", messages: [] })).toEqual([
      { role: "system", content: "Be brief." },
    ]);
  });

  it("ends with a reply that was cut off, and the request to go on with it", () => {
    const messages = [{ role: "caller", text: "hello", by: "voice" }] as const;
    expect(chatMessages({ prompt: "Be brief.", messages, continuing: "We open at" }).slice(1)).toEqual([
      { role: "user", content: "hello" },
      { role: "assistant", content: "We open at" },
      { role: "system", content: expect.stringContaining("repeat nothing") },
    ]);
  });

  it("gives the caller's words as the user's, and says when keys were pressed", () => {
    expect(
      mapped(
        { role: "caller", text: "hello", by: "voice" },
        { role: "caller", text: "hi there", by: "typing" },
        { role: "caller", text: "1", by: "keypad" },
      ),
    ).toEqual([
      { role: "user", content: "hello" },
      { role: "user", content: "hi there" },
      { role: "user", content: "The caller pressed 1 on the keypad." },
    ]);
  });

  it("marks what the caller interrupted and leaves out what the caller never heard", () => {
    expect(
      mapped(
        { role: "agent", text: "Good morning.", interrupted: false },
        { role: "agent", text: "We are open", interrupted: true },
        { role: "agent", text: "", interrupted: true },
      ),
    ).toEqual([
      { role: "assistant", content: "Good morning." },
      { role: "assistant", content: "We are open [interrupted by the caller]" },
    ]);
  });

  it("gives tool calls and their results with the id that ties them", () => {
    expect(
      mapped(
        { role: "tool-calls", calls: [{ id: "c1", name: "look_up", arguments: '{"n":1}' }] },
        { role: "tool-result", callId: "c1", name: "look_up", result: "found" },
      ),
    ).toEqual([
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: { name: "look_up", arguments: '{"n":1}' } }],
      },
      { role: "tool", tool_call_id: "c1", content: "found" },
    ]);
  });

  it("describes tools as functions", () => {
    expect(chatTools([{ name: "f", description: "does f", parameters: { type: "object" } }])).toEqual([
      { type: "function", function: { name: "f", description: "does f", parameters: { type: "object" } } },
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { goingOn } from "../../../src/pipeline/going-on.ts";
import type { Message } from "../../../src/pipeline/language-model.ts";

const question: Message = { role: "caller", text: "When do you open?", by: "voice" };
const agent = (text: string, interrupted = false): Message => ({ role: "agent", text, interrupted });

describe("a conversation that stopped in the middle of an answer", () => {
  it("is asked for the rest of what was said since the caller spoke", () => {
    const hello = agent("Hello.");
    expect(goingOn([hello, question, agent("We open", true), agent("at nine,")])).toEqual({
      messages: [hello, question],
      continuing: "We open at nine,",
    });
  });

  it("is as it was when nothing of the answer was said", () => {
    const messages = [agent("Hello."), question, agent("", true)];
    expect(goingOn(messages)).toEqual({ messages });
    expect(goingOn([question])).toEqual({ messages: [question] });
  });

  it("goes on behind a tool's result", () => {
    const result: Message = { role: "tool-result", callId: "1", name: "hours", result: "nine" };
    expect(goingOn([question, agent("Let me see."), result, agent("We open")])).toEqual({
      messages: [question, agent("Let me see."), result],
      continuing: "We open",
    });
  });
});

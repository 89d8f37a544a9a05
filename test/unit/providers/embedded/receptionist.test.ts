import { describe, expect, it } from "vitest";
import type { Message, ReplyPart, ToolCall } from "../../../../src/pipeline/language-model.ts";
import { Receptionist } from "../../../../src/providers/embedded/receptionist.ts";
import { receptionistHints } from "../../../../src/providers/embedded/receptionist-phrases.ts";

const allTools = ["end_call", "create_service_request", "transfer_call"];
const heard = "Hello, and thank you for calling. How can I help you?";

/** A conversation with one receptionist, who forgets nothing because it is told everything. */
class Conversation {
  readonly messages: Message[] = [{ role: "agent", text: heard, interrupted: false }];
  readonly #tools: readonly string[];
  parts: ReplyPart[] = [];

  constructor(tools: readonly string[] = allTools) {
    this.#tools = tools;
  }

  async says(text: string, by: "voice" | "keypad" | "typing" = "voice"): Promise<string> {
    this.messages.push({ role: "caller", text, by });
    return this.reply();
  }

  async returns(result: string): Promise<string> {
    const [call] = this.calls;
    if (call === undefined) throw new Error("No tool was called");
    this.messages.push({ role: "tool-result", callId: call.id, name: call.name, result });
    return this.reply();
  }

  /** `heardText`: what the caller heard of it; unset: all. */
  async reply(heardText?: string): Promise<string> {
    const request = {
      conversationId: "call_1",
      prompt: "",
      messages: this.messages,
      tools: this.#tools.map((name) => ({ name, description: "", parameters: {} })),
      signal: new AbortController().signal,
    };
    this.parts = [];
    for await (const part of new Receptionist().reply(request)) this.parts.push(part);
    const text = this.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    this.messages.push({ role: "agent", text: heardText ?? text, interrupted: heardText !== undefined });
    if (this.calls.length > 0) this.messages.push({ role: "tool-calls", calls: this.calls });
    return text;
  }

  get calls(): ToolCall[] {
    return this.parts.flatMap((part) => (part.type === "tool-call" ? [part.call] : []));
  }

  get hints(): readonly string[] {
    return this.parts.flatMap((part) => (part.type === "hints" ? part.phrases : []));
  }

  get called(): string {
    return this.calls.map((call) => `${call.name} ${call.arguments}`).join("; ");
  }
}

describe("the receptionist's first answer", () => {
  it.each([
    ["hello, what are your opening hours please", /^Sure, we are open/],
    ["when do you close on Saturday?", /^Sure, we are open/],
    ["Are you open today?", /^Sure, we are open/],
    ["1", /^Sure, we are open/],
    ["one please", /^Sure, we are open/],
    ["Where are you located?", /^Of course, we are at/],
    ["I want to make a service request", /^Sure, .* Is it about a repair, a delivery, or an appointment\?/],
    ["2", /Is it about a repair/],
    ["My washing machine is broken", /What is it about\?/],
    ["I'd like an appointment", /What is it about\?/],
    ["my parcel never came", /What is it about\?/],
    ["help", /^Sure, .*opening hours, service request, or speak to a person/],
    ["hi", /^Hello, how can I help you\?/],
    ["thank you", /^You're welcome\. Is there anything else/],
    ["purple elephant", /^Sorry, I didn't get that\. You can say/],
    ["", /^Sorry, I didn't get that\. You can say/],
  ])("to %j", async (text, expected) => {
    const talk = new Conversation();
    expect(await talk.says(text)).toMatch(expected);
    expect(talk.calls).toEqual([]);
    expect(talk.hints.length).toBeGreaterThan(0);
  });

  it.each([
    ["I'd like to speak to a person", "operator"],
    ["operator", "operator"],
    ["0", "operator"],
    ["3", "operator"],
    ["can I talk to sales?", "sales"],
    ["technical support please", "support"],
    ["it's about my invoice", "billing"],
  ])("to %j puts the caller through", async (text, department) => {
    const talk = new Conversation();
    expect(await talk.says(text)).toMatch(/^Of course, I will put you through/);
    expect(talk.called).toBe(`transfer_call {"department":"${department}"}`);
    expect(talk.parts.at(-1)).toEqual({ type: "finish", reason: "tool-calls" });
  });

  it.each(["goodbye", "no thanks", "that's all, bye", "nothing else", "no"])(
    "to %j ends the call",
    async (text) => {
      const talk = new Conversation();
      expect(await talk.says(text)).toMatch(/goodbye!\s*$/);
      expect(talk.calls.map((call) => call.name)).toEqual(["end_call"]);
    },
  );
});

describe("the receptionist's service request", () => {
  const answers = ["service request", "a repair please", "the heating is cold", "yes, very urgent", "yes"];

  async function until(count: number): Promise<Conversation> {
    const talk = new Conversation();
    for (const text of answers.slice(0, count)) await talk.says(text);
    return talk;
  }

  it("asks for kind, topic and urgency, confirms, files, and tells the number digit by digit", async () => {
    const talk = await until(3);
    expect(await talk.says("yes, very urgent")).toBe(
      "All right, that is an urgent repair request about the heating is cold. Shall I file it? Please say yes or no.",
    );
    expect(talk.hints).toEqual(expect.arrayContaining(["yes", "no"]));
    await talk.says("yes");
    expect(talk.called).toBe(
      'create_service_request {"kind":"repair","description":"the heating is cold","urgency":"urgent"}',
    );
    expect(await talk.returns('{"reference":"SR-1042"}')).toMatch(
      /reference number is SR 1 0 4 2\. Is there/,
    );
    expect(talk.calls).toEqual([]);
  });

  it.each(["not urgent", "it can wait", "no hurry", "2", "this week"])(
    "takes %j for a normal one",
    async (text) => {
      const talk = await until(3);
      expect(await talk.says(text)).toContain("a normal repair request");
    },
  );

  it("is not filed when the caller says no", async () => {
    const talk = await until(4);
    expect(await talk.says("no, that's wrong")).toMatch(/^All right, I have not filed it/);
    expect(talk.calls).toEqual([]);
  });

  it("asks again, then with keys, when yes or no is not understood", async () => {
    const talk = await until(4);
    expect(await talk.says("purple")).toBe(
      "Sorry, I didn't get that. Shall I file it? Please say yes or no.",
    );
    expect(await talk.says("elephant")).toContain("press 1 for yes");
    await talk.says("1", "keypad");
    expect(talk.calls).toHaveLength(1);
  });

  it("survives that the question was not heard, or only its beginning", async () => {
    const talk = await until(3);
    talk.messages.push({ role: "caller", text: "urgent", by: "voice" });
    await talk.reply("All");
    await talk.says("yes");
    expect(talk.called).toMatch(/^create_service_request/);
  });

  it("takes words with no reply heard between them for one answer", async () => {
    const talk = await until(2);
    talk.messages.push({ role: "caller", text: "the water", by: "voice" });
    await talk.reply("");
    await talk.says("in the kitchen");
    await talk.says("urgent");
    await talk.says("yes");
    expect(talk.called).toContain('"description":"the water in the kitchen"');
  });

  it("repeats its last words when asked", async () => {
    const talk = await until(3);
    const before = talk.messages.at(-1);
    expect(await talk.says("can you repeat that?")).toBe(before?.role === "agent" ? before.text : "");
  });

  it("lets the caller leave for a person or the opening hours in the middle", async () => {
    await (await until(1)).says("what are your hours");
    const talk = await until(2);
    await talk.says("let me speak to a human");
    expect(talk.called).toContain("transfer_call");
  });

  it("says so when filing failed", async () => {
    const talk = await until(5);
    expect(await talk.returns('{"error":"no database"}')).toMatch(/^I'm sorry, I could not file/);
  });
});

describe("the receptionist", () => {
  it.each([
    ["its own beginning", "Sure, we are open ", /^Monday to Friday/],
    [
      "another's, which it cannot go on with",
      "We open at",
      /^… Excuse me, let me begin again\. Sure, we are open Monday/,
    ],
  ])("goes on with a reply that was cut off after %s", async (_, continuing, rest) => {
    const reply = new Receptionist().reply({
      conversationId: "call_1",
      prompt: "",
      messages: [{ role: "caller", text: "opening hours", by: "voice" }],
      tools: [],
      signal: new AbortController().signal,
      continuing,
    });
    let text = "";
    for await (const part of reply) if (part.type === "text") text += part.text;
    expect(text).toMatch(rest);
  });

  it("uses no tool that it was not given, and offers something else", async () => {
    const talk = new Conversation([]);
    expect(await talk.says("operator")).toMatch(/^I'm sorry, nobody can take the call right now/);
    expect(talk.calls).toEqual([]);
    expect(await talk.says("yes")).toMatch(/Is it about a repair/);
    expect(await talk.says("goodbye")).toMatch(/goodbye!/);
    expect(talk.parts.at(-1)).toEqual({ type: "finish", reason: "stop" });
  });

  it("offers a service request when nobody takes the transferred call", async () => {
    const talk = new Conversation();
    await talk.says("operator");
    expect(await talk.returns('{"ok":false}')).toMatch(/Shall I take a service request instead/);
    expect(await talk.says("no")).toMatch(/anything else/);
  });

  it("says nothing more once the call is ended", async () => {
    const talk = new Conversation();
    await talk.says("bye");
    expect(await talk.returns("{}")).toBe("");
    expect(talk.parts.at(-1)).toEqual({ type: "finish", reason: "stop" });
  });

  it("has something to say to a caller who has said nothing", async () => {
    expect(await new Conversation().reply()).toContain("You can say opening hours");
  });

  it("speaks word by word, then hints, then finishes once", async () => {
    const talk = new Conversation();
    await talk.says("opening hours");
    expect(talk.parts[0]).toEqual({ type: "text", text: "Sure, " });
    expect(talk.parts.slice(-2).map((part) => part.type)).toEqual(["hints", "finish"]);
    expect(talk.parts.filter((part) => part.type === "finish")).toHaveLength(1);
  });

  it("stops at an abort without finishing", async () => {
    const abort = new AbortController();
    const parts: ReplyPart[] = [];
    const request = { conversationId: "", prompt: "", messages: [], tools: [], signal: abort.signal };
    for await (const part of new Receptionist().reply(request)) {
      parts.push(part);
      if (parts.length === 2) abort.abort();
    }
    expect(parts.map((part) => part.type)).toEqual(["text", "text"]);
  });

  it("understands each of its own hints", async () => {
    expect(new Receptionist().openingHints).toBe(receptionistHints);
    for (const hint of receptionistHints) {
      expect(await new Conversation().says(hint), hint).not.toMatch(/^Sorry/);
    }
  });
});

import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { type AgentProfile, agentProfile, defaultTurnTaking } from "../../../src/calls/agent-profile.ts";
import type { CallMedia } from "../../../src/calls/call.ts";
import type { CallEvent } from "../../../src/calls/call-event.ts";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import type { DialogueInput, DialogueReply } from "../../../src/calls/dialogue.ts";
import { newCall } from "../../../src/calls/new-call.ts";
import type { ServiceRequests } from "../../../src/calls/service-requests.ts";
import {
  collectDigitsTool,
  endCallTool,
  sendDigitsTool,
  serviceRequestTool,
} from "../../../src/pipeline/built-in-tools.ts";
import type {
  LanguageModel,
  Message,
  ReplyPart,
  ReplyRequest,
} from "../../../src/pipeline/language-model.ts";
import { TextDialogues } from "../../../src/pipeline/text-dialogues.ts";
import { type Tool, tool } from "../../../src/pipeline/tools.ts";
import { Receptionist } from "../../../src/providers/embedded/receptionist.ts";
import { receptionistHints } from "../../../src/providers/embedded/receptionist-phrases.ts";
import { scriptedLanguageModel } from "../../../src/providers/scripted/scripted-language-model.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

const GREETING = "Hello, how can I help you?";
const { phrases } = agentProfile();

interface Setting {
  readonly model?: (clock: ManualClock) => LanguageModel;
  readonly profile?: Partial<AgentProfile>;
  readonly tools?: readonly Tool[];
  readonly media?: CallMedia;
}

/** One gather call on a manual clock. */
class GatherCall {
  readonly clock = new ManualClock();
  readonly events: CallEvent[] = [];
  readonly registry: CallRegistry;
  readonly dialogues: TextDialogues;
  readonly sessionId = 7;

  constructor({ model, profile, tools, media = "gather" }: Setting = {}) {
    const { clock } = this;
    this.registry = new CallRegistry({
      clock,
      maxCalls: 4,
      onListenerError: (error) => {
        throw error;
      },
    });
    this.registry.events.on("event", (event) => this.events.push(event));
    this.dialogues = new TextDialogues(this.registry, {
      clock,
      languageModel: model?.(clock) ?? new Receptionist(),
      tools: tools ?? [
        endCallTool,
        collectDigitsTool,
        sendDigitsTool,
        serviceRequestTool(new Requests(clock)),
      ],
    });
    this.dialogues.start();
    const given = { sessionId: 7, sipCallId: "CA7", kind: "inbound", carrier: "twilio", media } as const;
    const answered = agentProfile({ mode: "speech-gather", greeting: GREETING, ...profile });
    this.registry.admit(
      newCall(
        { ...given, from: "+14155550100", to: "+15005550006", profile: answered },
        clock.wall(),
        () => false,
      ),
    );
    this.registry.answer(7);
  }

  open(): DialogueReply {
    return this.dialogues.open(this.sessionId);
  }

  hear(text: string, by: DialogueInput["by"] = "voice"): Promise<DialogueReply> {
    return this.dialogues.hear(this.sessionId, { text, by, confidence: 0.8 });
  }

  /** The reply to these words, however long the model takes. */
  async says(text: string, by: DialogueInput["by"] = "voice"): Promise<DialogueReply> {
    const reply = this.hear(text, by);
    await this.waits(20_000);
    return reply;
  }

  waits(ms: number): Promise<void> {
    return this.clock.settleTo(this.clock.now() + ms);
  }

  silence(): DialogueReply {
    return this.dialogues.silence(this.sessionId);
  }

  of<Name extends CallEvent["type"]>(type: Name): Extract<CallEvent, { type: Name }>[] {
    return this.events.filter((event): event is Extract<CallEvent, { type: Name }> => event.type === type);
  }

  get transcript(): string[] {
    const entries = this.registry.find(this.sessionId)?.transcript.entries ?? [];
    return entries.map(({ speaker, text }) => `${speaker === "ai_agent" ? "agent" : "caller"}: ${text}`);
  }
}

/** Keeps requests after a while, as a store does. */
class Requests implements ServiceRequests {
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  keep(): Promise<{ reference: string }> {
    return new Promise((resolve) => this.#clock.after(50, () => resolve({ reference: "AB12" })));
  }

  ofCall(): Promise<[]> {
    return Promise.resolve([]);
  }
}

/** A model that answers by a rule; `requests`: what it was asked. */
function scripted(
  answer: (messages: readonly Message[]) => string | readonly ReplyPart[],
  { firstToken = 100, perToken = 0, requests = [] as ReplyRequest[] } = {},
): (clock: ManualClock) => LanguageModel {
  return (clock) => {
    const model = scriptedLanguageModel({ clock, answer, firstToken, perToken });
    return {
      ...model,
      reply(request) {
        requests.push({ ...request, messages: [...request.messages] });
        return model.reply(request);
      },
    };
  };
}

/** Fails `times` times, then answers. */
function failing(times: number): () => LanguageModel {
  let left = times;
  return () => ({
    name: "broken",
    async *reply() {
      if (left-- > 0) throw new GatewayError("PROVIDER_RATE_LIMITED", "Too many requests");
      yield { type: "text", text: "Fine." };
      yield { type: "finish", reason: "stop" };
    },
  });
}

function toolCall(name: string, args = "{}"): readonly ReplyPart[] {
  return [
    { type: "tool-call", call: { id: "1", name, arguments: args } },
    { type: "finish", reason: "tool-calls" },
  ];
}

function bounds(change: Partial<AgentProfile["turnTaking"]>): Partial<AgentProfile> {
  return { turnTaking: { ...defaultTurnTaking, ...change } };
}

const said = (messages: readonly Message[]) => messages.findLast(({ role }) => role === "caller");

describe("a conversation in text", () => {
  it("begins with the greeting, told once however often it is asked for", () => {
    const call = new GatherCall();
    expect(call.open()).toEqual({ text: GREETING, over: false, hints: receptionistHints });
    expect(call.open()).toEqual(call.open());
    expect(call.of("agent-heard")).toMatchObject([
      { turn: 0, text: GREETING, final: true, interrupted: false },
    ]);
  });

  it("leaves the first word to the caller without a greeting", async () => {
    const call = new GatherCall({ profile: { greeting: "" }, model: scripted(() => "Yes?") });
    expect(call.open()).toEqual({ text: "", over: false, hints: [] });
    await call.says("Hello?");
    expect(call.transcript).toEqual(["caller: Hello?", "agent: Yes?"]);
  });

  it("answers a question, and tells what was said and heard", async () => {
    const call = new GatherCall();
    call.open();
    const reply = await call.says("When are you open?");
    expect(reply.text).toContain("Monday to Friday from nine to six");
    expect(reply.over).toBe(false);
    expect(call.transcript).toEqual([
      `agent: ${GREETING}`,
      "caller: When are you open?",
      `agent: ${reply.text}`,
    ]);
    expect(call.events.map(({ type }) => type).slice(3)).toEqual([
      "agent-heard",
      "caller-said",
      "turn-committed",
      "stage-reached",
      "model-used",
      "agent-heard",
    ]);
    expect(call.of("caller-said")).toMatchObject([
      { utterance: 1, by: "voice", confidence: 0.8, final: true },
    ]);
    expect(call.of("turn-committed")).toMatchObject([{ turn: 1, callerText: "When are you open?" }]);
  });

  it("gives the model the prompt, the tools of the profile and the history as on a media stream", async () => {
    const requests: ReplyRequest[] = [];
    const call = new GatherCall({
      model: scripted((messages) => `You said ${(said(messages) as { text: string }).text}`, { requests }),
      profile: { prompt: "Be kind.", tools: ["end_call", "collect_digits"] },
    });
    call.open();
    await call.says("one");
    await call.says("2", "keypad");
    expect(requests.at(-1)).toMatchObject({
      conversationId: "7",
      prompt: "Be kind.",
      messages: [
        { role: "agent", text: GREETING, interrupted: false },
        { role: "caller", text: "one", by: "voice" },
        { role: "agent", text: "You said one", interrupted: false },
        { role: "caller", text: "2", by: "keypad" },
      ],
    });
    expect(requests.at(-1)?.tools.map(({ name }) => name)).toEqual(["end_call"]);
    expect(call.of("caller-said").at(-1)).toMatchObject({ by: "keypad", confidence: 1 });
  });

  it("says words without formatting or pictographs, as a voice of ours would", async () => {
    const call = new GatherCall({ model: scripted(() => "**Sure** 😀:\n\n- it costs $5.50") });
    call.open();
    const { text } = await call.says("How much?");
    expect(text).toBe("Sure: it costs five dollars and fifty cents");
    expect(call.transcript.at(-1)).toBe(`agent: ${text}`);
  });

  it("takes a service request, committed before it is confirmed", async () => {
    const call = new GatherCall();
    call.open();
    await call.says("My heating needs a repair");
    await call.says("heating");
    await call.says("urgent");
    const reply = await call.says("yes");
    expect(reply.text).toContain("your reference number is A B one two");
    expect(reply.text).toMatch(/^Thank you, one moment please\. Thank you, your request is filed/);
    const told = call.events.filter(({ type }) => type !== "model-used").slice(-2);
    expect(told).toMatchObject([
      { type: "tool-called", tool: "create_service_request", ok: true, turn: 4 },
      { type: "agent-heard", turn: 4, text: reply.text },
    ]);
  });

  it("gives a recogniser the answers that the receptionist expects", async () => {
    const call = new GatherCall();
    call.open();
    expect((await call.says("I need a repair")).hints).toContain("heating");
    expect((await call.says("heating")).hints).toEqual(expect.arrayContaining(["urgent", "not urgent"]));
    expect(call.silence().hints).toContain("urgent");
  });

  it("is over when a tool ends the call", async () => {
    const call = new GatherCall();
    call.open();
    const reply = await call.says("No thanks, goodbye");
    expect(reply).toEqual({ text: "Thank you for calling, goodbye!", over: true, hints: [] });
    expect(call.registry.find(7)?.closing).toBe("agent-goodbye");
    const told = call.events.length;
    expect(await call.hear("One more thing")).toEqual(reply);
    expect(call.silence()).toEqual(reply);
    expect(call.open()).toEqual(reply);
    expect(call.events).toHaveLength(told);
  });

  it("ends the call itself when the carrier does not report the end", async () => {
    const call = new GatherCall();
    call.open();
    const reply = call.hear("goodbye");
    await call.waits(59_000);
    expect((await reply).over).toBe(true);
    expect(call.of("call-ended")).toEqual([]);
    await call.waits(1_000);
    expect(call.of("call-ended")).toMatchObject([{ reason: "agent-goodbye" }]);
    expect(call.clock.armed).toBe(0);
  });
});

describe("a model that fails", () => {
  it("brings an apology, and the conversation goes on", async () => {
    const call = new GatherCall({ model: failing(1) });
    call.open();
    expect(await call.says("Hello")).toEqual({ text: phrases.apology, over: false, hints: [] });
    expect(call.of("provider-failed")).toMatchObject([
      { port: "llm", provider: "broken", code: "PROVIDER_RATE_LIMITED" },
    ]);
    expect(call.of("dead-air")).toMatchObject([{ cause: "reply-failed" }]);
    expect((await call.says("Hello again")).text).toBe("Fine.");
    expect(call.transcript).toEqual([
      `agent: ${GREETING}`,
      "caller: Hello",
      `agent: ${phrases.apology}`,
      "caller: Hello again",
      "agent: Fine.",
    ]);
  });

  it("ends the call politely at the third time in a row", async () => {
    const call = new GatherCall({ model: failing(3) });
    call.open();
    const replies = [await call.says("one"), await call.says("two"), await call.says("three")];
    expect(replies.map(({ over }) => over)).toEqual([false, false, true]);
    expect(replies[2]?.text).toBe(phrases.failedGoodbye);
    expect(call.registry.find(7)?.closing).toBe("provider-failed");
  });

  it("is forgiven once it has answered", async () => {
    let turn = 0;
    const call = new GatherCall({
      model: () => ({
        name: "moody",
        async *reply() {
          turn += 1;
          if (turn % 3 !== 0) throw new Error("no");
          yield { type: "text", text: "Yes." };
        },
      }),
    });
    call.open();
    for (let i = 0; i < 8; i++) expect((await call.says(`words ${i}`)).over).toBe(false);
  });

  it("has failed when it says nothing", async () => {
    const call = new GatherCall({ model: scripted(() => "") });
    call.open();
    expect((await call.says("Hello")).text).toBe(phrases.apology);
    expect(call.of("provider-failed")).toEqual([]);
    expect(call.of("dead-air")).toMatchObject([{ cause: "reply-failed" }]);
  });

  it("is not listened to beyond 10,000 characters of one answer, in pieces or at once", async () => {
    for (const piece of ["word ", `${"word ".repeat(4_000)}`]) {
      let given = 0;
      const call = new GatherCall({
        model: () => ({
          name: "endless",
          async *reply() {
            for (; given < 1_000_000; given += piece.length) yield { type: "text", text: piece };
            yield { type: "finish", reason: "stop" };
          },
        }),
      });
      call.open();
      const { text } = await call.says("Hello");
      expect(text).toHaveLength("word ".repeat(2_000).trim().length);
      expect(given).toBeLessThanOrEqual(10_000);
    }
  });

  it("has failed when the whole reply takes longer than the profile allows", async () => {
    const slow = scripted(() => "One two three four five.", { firstToken: 900, perToken: 900 });
    const call = new GatherCall({ model: slow, profile: bounds({ replyLimit: 4_000 }) });
    call.open();
    const reply = call.hear("Hello");
    await call.waits(3_999);
    expect(call.of("provider-failed")).toEqual([]);
    await call.waits(1);
    expect(await reply).toMatchObject({ text: phrases.apology, over: false });
    expect(call.of("provider-failed")).toMatchObject([{ code: "PROVIDER_TIMEOUT" }]);
    expect(call.of("dead-air")).toMatchObject([{ cause: "reply-late" }]);
    // What it had written by then was not said.
    expect(call.transcript.at(-1)).toBe(`agent: ${phrases.apology}`);
  });

  it("is not waited for when it takes no notice of the signal", async () => {
    const deaf: LanguageModel = {
      name: "deaf",
      reply: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }),
    };
    const call = new GatherCall({ model: () => deaf });
    call.open();
    expect((await call.says("Hello")).text).toBe(phrases.apology);
  });

  it.each([
    ["has its time to itself: tools have limits of their own", 400, "Found."],
    ["has it for the whole reply, before and after its tools", 600, phrases.apology],
  ])("%s", async (_, firstToken, text) => {
    const tools: Tool[] = [];
    const call = new GatherCall({
      model: scripted(
        (messages) => (messages.at(-1)?.role === "tool-result" ? "Found." : toolCall("look_up")),
        { firstToken },
      ),
      profile: bounds({ replyLimit: 1_000 }),
      tools,
    });
    tools.push(
      tool({
        name: "look_up",
        description: "Looks something up.",
        parameters: Type.Object({}),
        run: () => new Promise((resolve) => call.clock.after(9_000, () => resolve({ result: "{}" }))),
      }),
    );
    call.open();
    expect((await call.says("Look it up")).text).toBe(text);
    expect(call.of("tool-called")).toMatchObject([{ tool: "look_up", ok: true }]);
  });
});

describe("a silent caller", () => {
  it("is asked as often as the profile says, then told goodbye", () => {
    const call = new GatherCall();
    call.open();
    expect([call.silence(), call.silence(), call.silence()]).toMatchObject([
      { text: phrases.reprompts[0], over: false },
      { text: phrases.reprompts[1], over: false },
      { text: phrases.silentGoodbye, over: true },
    ]);
    expect(call.registry.find(7)?.closing).toBe("caller-silent");
    expect(call.of("dead-air").map(({ cause }) => cause)).toEqual(Array(3).fill("caller-silent"));
    expect(call.transcript.at(-1)).toBe(`agent: ${phrases.silentGoodbye}`);
  });

  it("is asked from the beginning after saying something", async () => {
    const call = new GatherCall({ model: scripted(() => "Yes.") });
    call.open();
    call.silence();
    call.silence();
    await call.says("Hello");
    expect(call.silence().text).toBe(phrases.reprompts[0]);
  });

  it("is one who is heard without words", async () => {
    const call = new GatherCall();
    call.open();
    expect((await call.hear(" ")).text).toBe(phrases.reprompts[0]);
    expect(call.of("caller-said")).toEqual([]);
  });

  it("is not one who waits for an answer", async () => {
    const call = new GatherCall({ model: scripted(() => "Yes.") });
    call.open();
    const reply = call.hear("Hello");
    expect(call.silence()).toEqual({ text: "", over: false, hints: [] });
    await call.waits(1_000);
    expect((await reply).text).toBe("Yes.");
    expect(call.silence().text).toBe(phrases.reprompts[0]);
  });
});

describe("the longest a call may take", () => {
  const profile = bounds({ maxCallDuration: 300_000 });

  it("is followed by a goodbye, when the caller speaks next", async () => {
    const call = new GatherCall({ model: scripted(() => "Yes."), profile });
    call.open();
    await call.waits(300_000);
    expect(await call.hear("Hello")).toMatchObject({ text: phrases.durationGoodbye, over: true });
    expect(call.registry.find(7)?.closing).toBe("max-duration");
    expect(call.transcript).toContain("caller: Hello");
  });

  it("is followed by a goodbye, when the caller is silent", async () => {
    const call = new GatherCall({ profile });
    call.open();
    await call.waits(300_000);
    expect(call.silence()).toMatchObject({ text: phrases.durationGoodbye, over: true });
  });

  it("is told a minute before, once, behind an answer", async () => {
    const call = new GatherCall({ model: scripted(() => "Yes.", { firstToken: 0 }), profile });
    call.open();
    await call.waits(240_000);
    expect((await call.hear("Hello")).text).toBe(`Yes. ${phrases.durationWarning}`);
    expect((await call.hear("Hello again")).text).toBe("Yes.");
    expect(call.transcript).toContain(`agent: ${phrases.durationWarning}`);
  });

  it("ends a call about which the carrier has fallen silent", async () => {
    const call = new GatherCall({ profile });
    call.open();
    await call.waits(360_000);
    expect(call.of("call-ended")).toMatchObject([{ reason: "max-duration" }]);
  });
});

describe("turns", () => {
  it("are answered one after the other", async () => {
    const requests: ReplyRequest[] = [];
    const echo = scripted((messages) => `To ${(said(messages) as { text: string }).text}.`, { requests });
    const call = new GatherCall({ model: echo });
    call.open();
    const replies = Promise.all([call.hear("one"), call.hear("two")]);
    await call.waits(50);
    expect(requests).toHaveLength(1);
    expect(call.of("caller-said")).toHaveLength(1);
    await call.waits(1_000);
    expect((await replies).map(({ text }) => text)).toEqual(["To one.", "To two."]);
    expect(call.transcript.slice(1)).toEqual([
      "caller: one",
      "agent: To one.",
      "caller: two",
      "agent: To two.",
    ]);
  });

  it("are one when the carrier repeats its request", async () => {
    const call = new GatherCall({ model: scripted(() => "Yes.") });
    call.open();
    const replies = Promise.all([call.hear("Hello"), call.hear("Hello")]);
    await call.waits(1_000);
    expect((await replies).map(({ text }) => text)).toEqual(["Yes.", "Yes."]);
    expect(call.of("caller-said")).toHaveLength(1);
    const again = call.hear("Hello");
    await call.waits(1_000);
    await again;
    expect(call.of("caller-said")).toHaveLength(2);
  });

  it("are not kept without a bound", async () => {
    const call = new GatherCall({ model: scripted(() => "Yes.") });
    call.open();
    const replies = Promise.all(Array.from({ length: 5 }, (_, index) => call.hear(`words ${index}`)));
    await call.waits(10_000);
    const [not = ""] = phrases.notUnderstood;
    expect((await replies).map(({ text }) => text)).toEqual([...Array(4).fill("Yes."), not]);
  });
});

describe("the end of a call", () => {
  it("in the middle of a reply stops it, and nothing more is told", async () => {
    const requests: ReplyRequest[] = [];
    const slow = scripted(() => "One two three.", { perToken: 500, requests });
    const call = new GatherCall({ model: slow });
    call.open();
    const replies = Promise.all([call.hear("Hello"), call.hear("Are you there?")]);
    await call.waits(300);
    call.registry.end(7, "caller-hung-up");
    const told = call.events.length;
    expect(requests[0]?.signal.aborted).toBe(true);
    expect(await replies).toEqual(Array(2).fill({ text: "", over: true, hints: [] }));
    await call.waits(10_000);
    expect(call.events).toHaveLength(told);
    expect(call.events.at(-1)?.type).toBe("call-ended");
    expect(call.clock.armed).toBe(0);
  });

  it("breaks off a tool that is at work, and leaves no timer", async () => {
    let aborted = false;
    const waiting = tool({
      name: "wait",
      description: "Waits.",
      parameters: Type.Object({}),
      run: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            resolve({ result: "{}" });
          });
        }),
    });
    const call = new GatherCall({ model: scripted(() => toolCall("wait")), tools: [waiting] });
    call.open();
    const reply = call.hear("Wait");
    await call.waits(1_000);
    call.registry.end(7, "caller-hung-up");
    expect((await reply).over).toBe(true);
    await call.waits(0);
    expect(aborted).toBe(true);
    expect(call.of("tool-called")).toEqual([]);
    expect(call.clock.armed).toBe(0);
  });

  it("is the end of the conversation", () => {
    const call = new GatherCall();
    call.open();
    call.registry.end(7, "caller-hung-up");
    const attempts = [() => call.open(), () => call.silence(), () => call.hear("Hello")];
    for (const attempt of attempts) expect(attempt).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
});

describe("no conversation", () => {
  it("is there before it is opened, for an unknown call, or for one on a media stream", () => {
    const call = new GatherCall();
    const notFound = expect.objectContaining({ code: "NOT_FOUND" });
    expect(() => call.silence()).toThrow(notFound);
    expect(() => call.hear("Hello")).toThrow(notFound);
    expect(() => call.dialogues.open(8)).toThrow(notFound);
    expect(() => new GatherCall({ media: "stream" }).open()).toThrow(notFound);
  });
});

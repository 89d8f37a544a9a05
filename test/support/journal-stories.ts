import { defaultTurnTaking } from "../../src/calls/agent-profile.ts";
import type { Message, ReplyPart } from "../../src/pipeline/language-model.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { type AnsweringOptions, answering, LONG_REPLY, toolCall } from "./conversations.ts";
import { speech, type VirtualCall } from "./virtual-call.ts";

/** A simulated call of which a journal is kept as a fixture. */
export interface JournalStory {
  readonly name: string;
  readonly words: readonly string[];
  readonly answer: (messages: readonly Message[]) => string | readonly ReplyPart[];
  readonly more?: Partial<AnsweringOptions>;
  readonly tell: (call: VirtualCall) => Promise<void>;
}

const question = speech("what-are-your-opening-hours");
const short = (): string => "We are open from nine to six.";
const long = (): string => LONG_REPLY;

async function asks(call: VirtualCall, audio = question): Promise<void> {
  await call.dial();
  await call.hearsOut(0);
  await call.waits(317);
  await call.says(audio);
}

async function hears(call: VirtualCall, upTo: string): Promise<void> {
  await call.waitsUntil(() => call.of("agent-heard").some(({ text }) => text.includes(upTo)));
}

async function goes(call: VirtualCall, turn: number): Promise<void> {
  await call.hearsOut(turn);
  await call.waits(700);
  call.hangsUp();
}

/** All of them, in the order of the documentation. */
export const journalStories: readonly JournalStory[] = [
  {
    name: "plain-question",
    words: ["what are your opening hours"],
    answer: short,
    async tell(call) {
      await asks(call);
      await goes(call, 1);
    },
  },
  {
    name: "barge-in",
    words: ["what are your opening hours", "no i need a repair"],
    answer: (messages) => (messages.length > 2 ? "Of course." : LONG_REPLY),
    async tell(call) {
      await asks(call);
      await hears(call, "four");
      await call.says(speech("i-need-a-repair"));
      await goes(call, call.of("turn-committed").length + 1);
    },
  },
  {
    name: "backchannel",
    words: ["what are your opening hours", "mm-hm"],
    answer: long,
    async tell(call) {
      await asks(call);
      await hears(call, "four");
      await call.says(speech("mm-hm.150hz"));
      await goes(call, 1);
    },
  },
  {
    name: "long-pause",
    words: ["i would like to", "book an appointment for the"],
    answer: () => "Which day suits you?",
    async tell(call) {
      await asks(call, speech("book-an-appointment"));
      await call.waits(700);
      await call.says(speech("i-need-a-repair"));
      await goes(call, 1);
    },
  },
  {
    name: "keypad",
    words: [],
    answer: () => "You have chosen sales.",
    async tell(call) {
      await call.dial();
      await hears(call, "Hello");
      for (const digit of "42#") {
        call.presses(digit);
        await call.waits(180);
      }
      await goes(call, 1);
    },
  },
  {
    name: "typed-input",
    words: [],
    answer: short,
    async tell(call) {
      await call.dial();
      await call.hearsOut(0);
      await call.waits(250);
      call.types("When are you open?");
      await goes(call, 1);
    },
  },
  {
    name: "slow-model",
    words: ["what are your opening hours"],
    answer: short,
    more: { firstToken: 4_013 },
    async tell(call) {
      await asks(call);
      await goes(call, 1);
    },
  },
  {
    name: "failing-provider",
    words: ["what are your opening hours", "what are your opening hours"],
    answer(messages) {
      if (messages.filter(({ role }) => role === "caller").length > 1) return short();
      throw new GatewayError("PROVIDER_UNAVAILABLE", "The model is away.");
    },
    async tell(call) {
      await asks(call);
      await hears(call, "Could you say that again?");
      await call.waits(503);
      await call.says(question);
      await hears(call, "nine to six");
      call.hangsUp();
    },
  },
  {
    name: "tool-use",
    words: ["i need a repair"],
    answer(messages) {
      if (messages.some(({ role }) => role === "tool-result")) return "I have noted that.";
      const args = '{"kind":"repair","description":"heating","urgency":"normal"}';
      return [
        { type: "text", text: "One moment please." },
        { type: "tool-call", call: { id: "1", name: "create_service_request", arguments: args } },
        { type: "finish", reason: "tool-calls" },
      ];
    },
    async tell(call) {
      await asks(call, speech("i-need-a-repair"));
      await hears(call, "noted");
      await goes(call, 1);
    },
  },
  {
    name: "silence-to-goodbye",
    words: [],
    answer: short,
    more: { profile: { turnTaking: { ...defaultTurnTaking, silenceLimit: 4_000 } } },
    async tell(call) {
      await call.dial();
      await call.waitsUntil(() => call.of("call-ended").length === 1, 60_000);
    },
  },
  {
    name: "announced-recording",
    words: ["what are your opening hours"],
    answer: short,
    more: { profile: { recording: { enabled: true, announce: true } } },
    async tell(call) {
      await call.dial();
      await call.says(question); // over the announcement, which goes on
      await goes(call, 1);
    },
  },
  {
    name: "agent-goodbye",
    words: ["goodbye"],
    answer: (messages) =>
      messages.some(({ role }) => role === "tool-result") ? "Goodbye." : toolCall("end_call"),
    async tell(call) {
      await asks(call, speech("goodbye"));
      await call.waitsUntil(() => call.of("call-ended").length === 1);
    },
  },
  {
    name: "media-lost",
    words: ["what are your opening hours"],
    answer: long,
    async tell(call) {
      await asks(call);
      await hears(call, "six");
      call.breaks();
    },
  },
];

/** Opens the story's call; its journals go where `journals` says. */
export function openStory(
  { words, answer, more }: JournalStory,
  journals: NonNullable<AnsweringOptions["journals"]>,
): Promise<VirtualCall> {
  return answering(words, answer, { ...more, journals });
}

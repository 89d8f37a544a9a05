import type { Message } from "../../pipeline/language-model.ts";
import { type Intent, intentsOf } from "./receptionist-intents.ts";
import { keypadQuestions, questions } from "./receptionist-phrases.ts";
import {
  at,
  atLeisure,
  type BusinessFacts,
  elsewhere,
  everywhere,
  more,
  rulesAt,
  type Step,
} from "./receptionist-script.ts";

type ToolResult = Extract<Message, { role: "tool-result" }>;

/** What takes the place of a step whose tool is not offered. */
const withoutTool = {
  create_service_request: more("Thank you, I have noted your request, and we will call you back."),
  transfer_call: at("offer", {}, `I'm sorry, nobody can take the call right now. ${questions.offer}`),
  end_call: at("over", {}, "Thank you for calling, goodbye!"),
};

/**
 * The step that answers the conversation so far: the script run again over everything the caller has said.
 * What the agent said is not looked at, so it does not matter how much of it was heard; only that words of the
 * caller with no reply heard between them are one answer.
 */
export function nextStep(
  messages: readonly Message[],
  offered: ReadonlySet<string>,
  facts: BusinessFacts,
): Step {
  let step = at("menu", {}, `How can I help you? ${questions.menu}`);
  let misses = 0;
  for (const input of inputsOf(messages)) {
    if (typeof input !== "string") {
      step = afterTool(input);
      continue;
    }
    const answer = possible(answerTo(step, input), offered);
    misses = answer === undefined ? misses + 1 : 0;
    step = answer ?? { ...step, say: reprompt(step, misses) };
  }
  if (messages.at(-1)?.role === "agent" || messages.length === 0) step = { ...step, say: reprompt(step, 0) };
  const say = step.say.replace("{hours}", facts.hours).replace("{address}", facts.address);
  return { ...step, say };
}

/** The caller's answers, each as one text, and the results of tools, in order. */
function inputsOf(messages: readonly Message[]): (string | ToolResult)[] {
  const inputs: (string | ToolResult)[] = [];
  let answered = true;
  for (const message of messages) {
    if (message.role === "caller") {
      const before = inputs.at(-1);
      if (answered || typeof before !== "string") inputs.push(message.text);
      else inputs[inputs.length - 1] = `${before} ${message.text}`;
      answered = false;
    } else if (message.role === "tool-result") inputs.push(message);
    else if (message.role === "tool-calls" || message.text.trim() !== "") answered = true;
  }
  return inputs;
}

function answerTo(last: Step, text: string): Step | undefined {
  const intents = intentsOf(text);
  if (last.place === "over") return answerTo(at("menu", {}, questions.menu), text);
  if (intents.has("repeat")) {
    const { place, draft } = last;
    return at(place, draft, last.tool === undefined ? last.say : questions[place]);
  }
  const here = rulesAt[last.place].find((rule) => matches(rule.when, intents, text));
  if (here !== undefined && here.step !== elsewhere) return here.step(last.draft, text.trim());
  const leisure = last.place === "menu" || last.place === "more" ? atLeisure : atLeisure.slice(0, 1);
  return [...everywhere, ...leisure]
    .find((rule) => matches(rule.when, intents, text))
    ?.step(last.draft, text.trim());
}

function possible(step: Step | undefined, offered: ReadonlySet<string>): Step | undefined {
  const tool = step?.tool;
  return tool === undefined || offered.has(tool.name) ? step : withoutTool[tool.name];
}

function matches(
  wanted: readonly (Intent | "anything")[],
  intents: ReadonlySet<Intent>,
  text: string,
): boolean {
  return wanted.some((intent) => (intent === "anything" ? /[\p{L}\p{N}]/u.test(text) : intents.has(intent)));
}

function reprompt(step: Step, misses: number): string {
  const question = (misses > 1 ? keypadQuestions[step.place] : undefined) ?? questions[step.place];
  if (question === "") return questions.menu;
  const ask = step.place === "more" ? `${question} ${questions.menu}` : question;
  return misses === 0 ? ask : `Sorry, I didn't get that. ${misses > 1 ? question : ask}`;
}

function afterTool(result: ToolResult): Step {
  const outcome = parsed(result.result);
  if (result.name === "end_call") return at("over", {}, "");
  if (result.name === "create_service_request") {
    if (outcome.failed) return more("I'm sorry, I could not file your request just now.");
    const reference = outcome.reference === "" ? "." : `, and your reference number is ${outcome.reference}.`;
    return more(`Thank you, your request is filed${reference}`);
  }
  if (result.name === "transfer_call") {
    return outcome.failed ? withoutTool.transfer_call : at("more", {}, "Please hold, I am connecting you.");
  }
  return more("Thank you.");
}

const references = ["reference", "reference_number", "order_number", "task_order_id", "request_id", "id"];

/** A result is JSON by convention of our tools, but may be any text: text that speaks of an error is a failure. */
function parsed(result: string): { readonly failed: boolean; readonly reference: string } {
  let value: unknown;
  try {
    value = JSON.parse(result);
  } catch {
    return { failed: /error|fail|unavailable|not /i.test(result), reference: "" };
  }
  if (typeof value !== "object" || value === null) return { failed: false, reference: spelt(value) };
  const fields = value as Record<string, unknown>;
  const failed = "error" in fields || fields.ok === false || fields.success === false;
  const reference = references.map((name) => fields[name]).find((field) => field !== undefined);
  return { failed, reference: spelt(reference) };
}

/** Digits one by one, so that a voice does not read a number of thousands. */
function spelt(reference: unknown): string {
  if (typeof reference !== "string" && typeof reference !== "number") return "";
  return String(reference)
    .replace(/[^A-Za-z0-9]/g, " ")
    .replace(/\d/g, " $& ")
    .replace(/\s+/g, " ")
    .trim();
}

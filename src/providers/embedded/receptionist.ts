import type { LanguageModel, ReplyPart, ReplyRequest } from "../../pipeline/language-model.ts";
import { nextStep } from "./receptionist-dialogue.ts";
import { placeHints, receptionistHints } from "./receptionist-phrases.ts";
import { type BusinessFacts, exampleBusiness } from "./receptionist-script.ts";

/** Between another model's words and its own, where the two have nothing to do with each other. */
const ANEW = "… Excuse me, let me begin again.";

/**
 * The agent without any account: a receptionist who follows a script. It tells the opening hours and the
 * address, takes a service request, puts callers through and says goodbye, with the tools a language model
 * would get. It keeps nothing between replies: everything follows from the conversation.
 */
export class Receptionist implements LanguageModel {
  readonly name = "embedded";
  readonly openingHints = receptionistHints;
  readonly #facts: BusinessFacts;

  constructor(facts: BusinessFacts = exampleBusiness) {
    this.#facts = facts;
  }

  async *reply(request: ReplyRequest): AsyncIterable<ReplyPart> {
    const offered = new Set(request.tools.map((tool) => tool.name));
    const step = nextStep(request.messages, offered, this.#facts);
    // Word by word, as a language model would, so that what listens meets the same stream.
    for (const text of wordsToSay(step.say, request.continuing).match(/\S+\s*/g) ?? []) {
      if (request.signal.aborted) return;
      yield { type: "text", text };
    }
    if (request.signal.aborted) return;
    yield { type: "hints", phrases: placeHints[step.place] };
    if (step.tool === undefined) {
      yield { type: "finish", reason: "stop" };
      return;
    }
    const { name, arguments: values } = step.tool;
    const id = `embedded-${request.messages.length}`;
    yield { type: "tool-call", call: { id, name, arguments: JSON.stringify(values) } };
    yield { type: "finish", reason: "tool-calls" };
  }
}

/** What is left to say of `all` to a caller who was given `said` of the reply already, by whichever model. */
function wordsToSay(all: string, said: string | undefined): string {
  if (said === undefined) return all;
  const given = said.trim();
  return all.startsWith(given) ? all.slice(given.length).trimStart() : `${ANEW} ${all}`;
}

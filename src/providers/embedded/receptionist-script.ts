import type { Intent } from "./receptionist-intents.ts";
import { type Place, questions } from "./receptionist-phrases.ts";

/** A service request as far as it has been told. */
export interface Draft {
  readonly kind?: string;
  readonly description?: string;
  readonly urgency?: "urgent" | "normal";
}

export interface ToolUse {
  readonly name: "create_service_request" | "transfer_call" | "end_call";
  readonly arguments: Readonly<Record<string, string>>;
}

/** What the receptionist does next: where the conversation is then, what is said, and which tool is used after it. */
export interface Step {
  readonly place: Place;
  readonly draft: Draft;
  readonly say: string;
  readonly tool?: ToolUse;
}

interface Rule {
  /** Applies when the text has one of these intents; `"anything"` when it has words at all. */
  readonly when: readonly (Intent | "anything")[];
  step(draft: Draft, text: string): Step;
}

export interface BusinessFacts {
  readonly hours: string;
  readonly address: string;
}

export const exampleBusiness: BusinessFacts = {
  hours: "we are open Monday to Friday from nine to six, and on Saturday from ten to two",
  address: "we are at twelve Main Street, across from the station",
};

/** The rules of a place, tried in order before {@link everywhere}. */
export const rulesAt: Record<Place, readonly Rule[]> = {
  menu: [
    { when: ["digit-1"], step: () => tell("hours") },
    { when: ["digit-2"], step: () => askKind() },
    { when: ["digit-3"], step: () => transfer("operator") },
  ],
  kind: [
    { when: ["repair", "digit-1"], step: () => askTopic("repair") },
    { when: ["delivery", "digit-2"], step: () => askTopic("delivery") },
    { when: ["appointment", "digit-3"], step: () => askTopic("appointment") },
    { when: ["operator", "person", "goodbye", "hours", "address", "digit-0", "help"], step: elsewhere },
    { when: ["anything"], step: (_draft, text) => askUrgency({ kind: "other", description: text }) },
  ],
  topic: [
    { when: ["goodbye", "operator", "digit-0"], step: elsewhere },
    { when: ["anything"], step: (draft, text) => askUrgency({ ...draft, description: text }) },
  ],
  urgency: [
    { when: ["relaxed", "no", "digit-2"], step: (draft) => confirm({ ...draft, urgency: "normal" }) },
    { when: ["urgent", "yes", "digit-1"], step: (draft) => confirm({ ...draft, urgency: "urgent" }) },
  ],
  confirm: [
    { when: ["no", "digit-2"], step: () => more("All right, I have not filed it.") },
    { when: ["yes", "digit-1"], step: file },
  ],
  more: [
    { when: ["goodbye"], step: goodbye },
    { when: ["digit-1"], step: () => tell("hours") },
    { when: ["digit-2"], step: () => askKind() },
    { when: ["digit-3"], step: () => transfer("operator") },
  ],
  offer: [
    { when: ["no", "digit-2"], step: () => more("All right.") },
    { when: ["yes", "digit-1"], step: () => askKind() },
  ],
  over: [],
};

/** What may be asked for at any place; to have the last words repeated as well, which the dialogue does. */
export const everywhere: readonly Rule[] = [
  { when: ["hours"], step: () => tell("hours") },
  { when: ["address"], step: () => tell("address") },
  { when: ["billing"], step: () => transfer("billing") },
  { when: ["sales"], step: () => transfer("sales") },
  { when: ["support"], step: () => transfer("support") },
  { when: ["operator", "person", "digit-0"], step: () => transfer("operator") },
  { when: ["repair"], step: () => askTopic("repair") },
  { when: ["delivery"], step: () => askTopic("delivery") },
  { when: ["appointment"], step: () => askTopic("appointment") },
  { when: ["service"], step: () => askKind() },
  { when: ["goodbye"], step: goodbye },
];

/** Small talk, tried last and only where no answer is owed. */
export const atLeisure: readonly Rule[] = [
  { when: ["help"], step: () => at("menu", {}, `Sure, I can help. ${questions.menu}`) },
  { when: ["thanks"], step: () => more("You're welcome.") },
  { when: ["no"], step: goodbye },
  { when: ["yes"], step: () => at("menu", {}, `Sure, what can I do for you? ${questions.menu}`) },
  { when: ["greeting"], step: () => at("menu", {}, `Hello, how can I help you? ${questions.menu}`) },
];

export function at(place: Place, draft: Draft, say: string): Step {
  return { place, draft, say };
}

export function more(said: string): Step {
  return at("more", {}, `${said} ${questions.more}`);
}

/** Never a step: says that {@link everywhere} has the answer, ahead of a later rule for `"anything"`. */
export function elsewhere(draft: Draft): Step {
  return at("over", draft, "");
}

/** `{hours}` and `{address}` are filled in by the dialogue. */
function tell(fact: keyof BusinessFacts): Step {
  return more(`${fact === "hours" ? "Sure" : "Of course"}, {${fact}}.`);
}

function askKind(): Step {
  return at("kind", {}, `Sure, I can take a service request. ${questions.kind}`);
}

function askTopic(kind: string): Step {
  return at("topic", { kind }, `Of course, I can help with that. ${questions.topic}`);
}

function askUrgency(draft: Draft): Step {
  return at("urgency", draft, `Thank you, I have noted that. ${questions.urgency}`);
}

function confirm(draft: Draft): Step {
  const urgent = draft.urgency === "urgent" ? "an urgent" : "a normal";
  const kind = draft.kind === "other" ? "service" : draft.kind;
  return at(
    "confirm",
    draft,
    `All right, that is ${urgent} ${kind} request about ${draft.description}. ${questions.confirm}`,
  );
}

function file(draft: Draft): Step {
  const { kind = "other", description = "", urgency = "normal" } = draft;
  const tool: ToolUse = { name: "create_service_request", arguments: { kind, description, urgency } };
  return { ...at("more", draft, "Thank you, one moment please."), tool };
}

function transfer(department: string): Step {
  const whom = department === "operator" ? "a person" : department;
  const tool: ToolUse = { name: "transfer_call", arguments: { department } };
  return { ...at("more", {}, `Of course, I will put you through to ${whom}. Please hold.`), tool };
}

function goodbye(): Step {
  const tool: ToolUse = { name: "end_call", arguments: { reason: "The caller is done" } };
  return { ...at("over", {}, "Thank you for calling, goodbye!"), tool };
}

/** Where in its script the receptionist is, by what it has asked last. */
export type Place = "menu" | "kind" | "topic" | "urgency" | "confirm" | "more" | "offer" | "over";

const menuPhrases = ["opening hours", "hours", "address", "where are you", "service request"];
const kindPhrases = ["repair", "delivery", "appointment", "something else"];
const personPhrases = ["speak to a person", "talk to someone", "person", "sales", "support", "billing"];

/** What a caller may say right after the greeting, which the pipeline speaks before the receptionist is asked. */
export const receptionistHints: readonly string[] = [
  ...menuPhrases,
  "make a service request",
  ...kindPhrases.slice(0, 3),
  ...personPhrases,
];

/** What the caller may say at each place. */
export const placeHints: Record<Place, readonly string[]> = {
  menu: receptionistHints,
  kind: kindPhrases,
  topic: ["heating", "water", "electricity", "internet", "phone", "something else", "it is broken"],
  urgency: ["urgent", "very urgent", "not urgent", "today", "this week"],
  confirm: ["yes", "no", "correct", "that's right", "that's wrong"],
  more: [...receptionistHints, "that's all", "nothing else", "no thanks"],
  offer: ["yes", "no", "no thanks"],
  over: [],
};

/** The question of each place, asked again when the answer was not understood. */
export const questions: Record<Place, string> = {
  menu: "You can say opening hours, service request, or speak to a person.",
  kind: "Is it about a repair, a delivery, or an appointment?",
  topic: "What is it about? For example heating, water, electricity, or internet.",
  urgency: "Is it urgent, or not urgent?",
  confirm: "Shall I file it? Please say yes or no.",
  more: "Is there anything else I can help you with?",
  offer: "Shall I take a service request instead? Please say yes or no.",
  over: "",
};

/** The same with keys, after a second answer that was not understood. */
export const keypadQuestions: Partial<Record<Place, string>> = {
  menu: "Please press 1 for opening hours, 2 for a service request, or 3 to speak to a person.",
  more: "Please press 1 for opening hours, 2 for a service request, 3 to speak to a person, or just hang up.",
  kind: "Please press 1 for a repair, 2 for a delivery, or 3 for an appointment.",
  urgency: "Please press 1 if it is urgent, or 2 if it is not.",
  confirm: "Please press 1 for yes, or 2 for no.",
  offer: "Please press 1 for yes, or 2 for no.",
};

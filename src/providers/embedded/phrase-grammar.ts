/** What may always be said, whatever the agent asked. */
const always: readonly string[] = [
  ..."yes,yeah,no,okay,help,operator,repeat,goodbye,bye,hello,hi,thank you,thanks".split(","),
  ..."zero,one,two,three,four,five,six,seven,eight,nine".split(","),
];

/** What people put in front of what they want. */
const openings: readonly string[] = [
  "i'd like",
  "i would like",
  "i want",
  "i need",
  "can i have",
  "can you tell me",
  "could you tell me",
  "please tell me",
  "what are",
  "what is",
  "what's",
  "give me",
];
const greetings: readonly string[] = ["hello", "hi", "yes", "no", "okay"];
const articles: readonly string[] = ["your", "the", "a", "an", "to", "my"];
const endings: readonly string[] = ["please", "thank you", "thanks"];

/** Phrases of one set of hints that are used, in the order given. The recogniser is at home below about 100 words. */
const MAX_PHRASES = 40;
const MAX_WORDS = 8;

export interface PhraseGrammar {
  /** JSGF 1.0 with one public rule. */
  readonly jsgf: string;
  /** Every word in it, once. */
  readonly words: readonly string[];
  /** Hinted words that the dictionary does not have; phrases with them are left out. */
  readonly unknown: readonly string[];
}

/**
 * A grammar of what a caller may answer: `[greeting] [opening] [article] phrase [please]`, where a phrase is
 * one of the hints, or a short answer that is always possible. `knows` tells whether a word can be pronounced.
 */
export function phraseGrammar(hints: readonly string[], knows: (word: string) => boolean): PhraseGrammar {
  const unknown = new Set<string>();
  const phrases = new Set<string>();
  for (const hint of hints) {
    if (phrases.size >= MAX_PHRASES) break;
    const words = wordsOf(hint);
    const strange = words.filter((word) => !knows(word));
    for (const word of strange) unknown.add(word);
    if (words.length > 0 && words.length <= MAX_WORDS && strange.length === 0) phrases.add(words.join(" "));
  }
  const rules = {
    phrase: [...phrases],
    always: always.filter((phrase) => !phrases.has(phrase)),
    greeting: greetings,
    opening: openings,
    article: articles,
    ending: endings,
  };
  const asked = "[<greeting>] [<opening>] [<article>] <phrase> [<ending>]";
  const answer = phrases.size === 0 ? "<always> [<ending>]" : `${asked} | <always> [<ending>]`;
  const lines = Object.entries(rules).map(([name, list]) => rule(name, list, knows));
  const jsgf = `#JSGF V1.0;\ngrammar answers;\npublic <answer> = ${answer};\n${lines.join("")}`;
  const words = new Set(
    Object.values(rules)
      .flatMap((list) => list.flatMap(wordsOf))
      .filter(knows),
  );
  return { jsgf, words: [...words], unknown: [...unknown] };
}

function rule(name: string, phrases: readonly string[], knows: (word: string) => boolean): string {
  const usable = phrases.filter((phrase) => wordsOf(phrase).every(knows));
  return usable.length === 0 ? "" : `<${name}> = ${usable.join(" | ")};\n`;
}

/** Lower-case words of letters and apostrophes: what the dictionary holds, and nothing that means something in JSGF. */
function wordsOf(phrase: string): string[] {
  const plain = phrase.toLowerCase().replaceAll("’", "'");
  return plain.split(/[^a-z']+/).filter((word) => /[a-z]/.test(word));
}

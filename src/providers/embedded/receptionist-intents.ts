/** What a caller may mean, and the word stems that tell it. A text may have several intents. */
const stems = {
  repeat: /\b(repeat|again|pardon|come again|did(n't| not) (hear|catch|understand))\b/,
  goodbye:
    /\b(good ?bye|bye|that'?s (all|it)|that is all|no,? (thanks|thank you)|nothing( else)?|hang up|i'?m done|see you)\b/,
  hours: /\b(hours?|open|opens|opening|close|closed|closes|closing)\b/,
  address: /\b(address|located|location|directions?|where (are|is|do|can)|find you)\b/,
  sales: /\b(sales|buy|buying|purchase|price|prices|quote)\b/,
  support: /\b(support|technical)\b/,
  billing: /\b(bill|bills|billing|billed|invoices?|payments?|pay|charged?|refund)\b/,
  repair:
    /\b(repair\w*|fix|fixed|broken|broke|leak\w*|technician|engineer|(doesn'?t|not|isn'?t|won'?t) work\w*)\b/,
  delivery: /\b(deliver\w*|parcels?|packages?|shipments?|shipping)\b/,
  appointment: /\b(appointments?|book|booking|schedule|visit|reservation|reserve)\b/,
  service: /\b(service|requests?|tickets?|report|problems?|issues?|complain\w*)\b/,
  /** Asks to be put through, and can hardly be anything else. */
  operator: /\b(operator|representative|human|put me through|transfer|(speak|talk) (to|with))\b/,
  person: /\b(person|someone|somebody|agent|staff|colleague)\b/,
  urgent: /\b(urgent\w*|emergency|asap|as soon as possible|right away|immediately|today|now)\b/,
  relaxed:
    /\b((not|isn'?t|no|never) (\w+ )?(urgent\w*|hurry|rush|emergency)|can wait|whenever|later|(this|next) (week|month))\b/,
  no: /\b(no|nope|nah|not|wrong|don'?t|incorrect)\b/,
  yes: /\b(yes|yeah|yep|yup|sure|correct|right|okay|ok|please do|go ahead|of course|absolutely|fine)\b/,
  help: /\b(help|options?|menu|what can (you|i))\b/,
  thanks: /\b(thanks|thank you)\b/,
  greeting: /\b(hello|hi|hey|good (morning|afternoon|evening|day))\b/,
} as const satisfies Record<string, RegExp>;

const digitWords = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

export type Intent =
  | keyof typeof stems
  /** The whole answer is this one digit, keyed or spoken. */
  | `digit-${number}`;

/** Everything the text may mean. Relaxed is never urgent as well ("not urgent"), and no is never yes ("not right"). */
export function intentsOf(text: string): ReadonlySet<Intent> {
  const plain = text.toLowerCase().replaceAll("’", "'");
  const found = new Set<Intent>();
  for (const [intent, stem] of Object.entries(stems)) if (stem.test(plain)) found.add(intent as Intent);
  if (found.has("relaxed")) found.delete("urgent");
  if (found.has("no")) found.delete("yes");
  const digit = digitOf(plain);
  if (digit >= 0) found.add(`digit-${digit}`);
  return found;
}

function digitOf(plain: string): number {
  const answer = plain.replace(/\b(please|press|number|option)\b|[^a-z0-9]/g, "");
  return /^\d$/.test(answer) ? Number(answer) : digitWords.indexOf(answer);
}

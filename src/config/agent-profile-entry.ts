import type { AgentProfile, Phrases, TurnTaking } from "../calls/agent-profile.ts";
import type { RecordingPolicy } from "../calls/recordings.ts";
import { isText, type JsonFields } from "./json-fields.ts";
import { readOverloadPolicy } from "./overload-policy-entry.ts";
import { turnTakingFields, turnTakingOrder } from "./turn-taking-fields.ts";

/** One agent as the file describes it. */
export interface ConfiguredAgent {
  readonly profile: AgentProfile;
  /** Called numbers that this agent answers, as `+` and digits. */
  readonly numbers: readonly string[];
}

export interface EntryContext {
  /** What completes an entry. */
  readonly defaults: AgentProfile;
  readonly knownTools: readonly string[];
  readonly problem: (message: string) => void;
}

/** A name fit for URLs and labels of metrics. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const MODE = /^(cascade|speech-to-speech|speech-gather)$/;
/** A number's format at the edge of the product: `+` and 7 to 15 digits (E.164). */
const PHONE_NUMBER = /^\+\d{7,15}$/;

/** Reads one entry; what it lacks, and what is wrong in it, is the default's. */
export function readEntry(fields: JsonFields, context: EntryContext): ConfiguredAgent {
  const { defaults, knownTools, problem } = context;
  const name = fields.textLike("name", PROFILE_NAME, "a name of 1 to 64 letters, digits, - and _");
  if (!fields.has("name")) problem("name is missing: every profile needs one");
  const language = fields.language("language") ?? defaults.language;
  const voice = fields.text("voice", 1, 200) ?? defaults.voice;
  const businessType = fields.text("businessType", 1, 64) ?? defaults.businessType;
  const isForeign = primary(language) !== primary(defaults.language);
  const ownWords = (field: string) => `${field} is missing: the default's is not in ${language}`;
  if (isForeign && !fields.has("greeting")) problem(ownWords("greeting"));
  const tools = fields.texts("tools", {
    least: 0,
    most: 100,
    items: `the tools ${knownTools.join(", ")}`,
    isItem: (tool) => knownTools.includes(tool),
  });
  const journal = fields.flag("journal") ?? defaults.journal;
  const profile: AgentProfile = {
    ...defaults,
    name: name ?? "",
    language,
    greeting: fields.text("greeting", 0, 2_000) ?? defaults.greeting,
    prompt: fields.text("prompt", 1, 100_000) ?? defaults.prompt,
    mode:
      (fields.textLike("mode", MODE, "cascade, speech-to-speech or speech-gather") as
        | AgentProfile["mode"]
        | undefined) ?? defaults.mode,
    ...(voice !== undefined && { voice }),
    ...(businessType !== undefined && { businessType }),
    ...(tools !== undefined && { tools }),
    turnTaking: readTurnTaking(fields.object("turnTaking"), context),
    phrases: readPhrases(fields.object("phrases"), defaults.phrases, (field) => {
      if (isForeign) problem(ownWords(`phrases.${field}`));
    }),
    protectedSentences:
      fields.texts("protectedSentences", sentences(0, 50, 1_000)) ?? defaults.protectedSentences,
    ...(journal !== undefined && { journal }),
    recording: readRecording(fields.object("recording"), context, isForeign),
    overload: readOverloadPolicy(fields.object("overload"), context, { language, isForeign }),
  };
  const numbers = fields.texts("numbers", {
    least: 0,
    most: 1_000,
    items: "telephone numbers, each + and 7 to 15 digits",
    isItem: (number) => PHONE_NUMBER.test(number),
  });
  fields.finish();
  return { profile, numbers: numbers ?? [] };
}

function readTurnTaking(fields: JsonFields, { defaults, problem }: EntryContext): TurnTaking {
  const given = Object.entries(turnTakingFields).map(([name, field]) => [
    name,
    field.kind === "flag" ? fields.flag(name) : fields.number(name, field.least, field.most, field.unit),
  ]);
  fields.finish();
  const set = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<TurnTaking>;
  const turnTaking = { ...defaults.turnTaking, ...set };
  for (const [lower, upper] of turnTakingOrder) {
    if (turnTaking[lower] <= turnTaking[upper]) continue;
    problem(
      `turnTaking.${lower} is ${turnTaking[lower]}, which is more than ${upper} (${turnTaking[upper]}): ` +
        "set both so that it is not",
    );
  }
  return turnTaking;
}

function readRecording(
  fields: JsonFields,
  { defaults, problem }: EntryContext,
  isForeign: boolean,
): RecordingPolicy {
  const enabled = fields.flag("enabled") ?? defaults.recording.enabled;
  const retentionDays = fields.number("retentionDays", 1, 36_500, "days") ?? defaults.recording.retentionDays;
  const announce = fields.flagOrText("announce", 1, 500) ?? defaults.recording.announce;
  fields.finish();
  if (enabled && isForeign && announce === true)
    problem("recording.announce is true: write the words, the default's are English");
  return {
    enabled,
    ...(retentionDays !== undefined && { retentionDays }),
    ...(announce !== undefined && announce !== false && { announce }),
  };
}

/** @param missing told of each phrase that the entry does not have. */
function readPhrases(fields: JsonFields, defaults: Phrases, missing: (field: string) => void): Phrases {
  const phrases = Object.entries(defaults).map(([name, phrase]: [string, string | readonly string[]]) => {
    if (!fields.has(name)) missing(name);
    const own =
      typeof phrase === "string" ? fields.text(name, 1, 500) : fields.texts(name, sentences(1, 10, 500));
    return [name, own ?? phrase];
  });
  fields.finish();
  return Object.fromEntries(phrases) as Phrases;
}

function sentences(least: number, most: number, longest: number) {
  return {
    least,
    most,
    items: `texts of 1 to ${longest} characters`,
    isItem: (text: string) => isText(text, 1, longest),
  };
}

function primary(language: string): string | undefined {
  return language.toLowerCase().split("-")[0];
}

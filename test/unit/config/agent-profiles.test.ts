import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentProfile, defaultTurnTaking } from "../../../src/calls/agent-profile.ts";
import { type AgentProfiles, readAgentProfiles } from "../../../src/config/agent-profiles.ts";
import { turnTakingFields, turnTakingOrder } from "../../../src/config/turn-taking-fields.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";

const defaults = agentProfile({ prompt: "Be kind." });
const knownTools = ["end_call", "create_service_request"];
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-profiles-"));
  file = join(folder, "agents.json");
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: string): AgentProfiles {
  writeFileSync(file, content);
  return readAgentProfiles(file, { defaults, knownTools });
}

const profiles = (...entries: unknown[]) => read(JSON.stringify({ profiles: entries }));

/** The lines of the error, without the file's name, which each must begin with. */
function problems(attempt: () => unknown): string[] {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).code).toBe("CONFIG_INVALID");
    return (error as GatewayError).message.split("\n").map((line) => {
      expect(line).toContain(file);
      return line.replace(`${file}: `, "");
    });
  }
  return [];
}

describe("agent profiles", () => {
  it("are completed from the default, field by field", () => {
    const read = profiles({
      name: "sales",
      language: "en-gb",
      voice: "amy",
      turnTaking: { bargeIn: false, endpointMax: 2_000 },
      phrases: { apology: "Oh dear." },
      tools: ["end_call"],
    });
    expect(read.named("sales")).toEqual({
      profile: {
        ...defaults,
        name: "sales",
        tools: ["end_call"],
        language: "en-GB",
        voice: "amy",
        turnTaking: { ...defaultTurnTaking, bargeIn: false, endpointMax: 2_000 },
        phrases: { ...defaults.phrases, apology: "Oh dear." },
        overload: { ...defaults.overload, language: "en-GB" },
      },
      numbers: [],
    });
  });

  it("answer their own numbers; the default answers the others", () => {
    const read = profiles(
      { name: "sales", numbers: ["+15551234567", "+15551234568"] },
      { name: "repairs", numbers: ["+15550000000"] },
    );
    expect(read.forNumber("+15551234568").profile.name).toBe("sales");
    expect(read.forNumber("+15550000000").profile.name).toBe("repairs");
    expect(read.forNumber("+19999999999").profile).toBe(defaults);
    expect(read.all.map(({ profile }) => profile.name)).toEqual(["default", "sales", "repairs"]);
  });

  it("replace the default with an entry of its name", () => {
    const read = profiles({ name: "default", greeting: "" });
    expect(read.forNumber("+15551234567").profile).toEqual({ ...defaults, greeting: "" });
    expect(read.all).toHaveLength(1);
  });

  it.each(["cascade", "speech-to-speech", "speech-gather"])("may have the mode %s", (mode) => {
    expect(profiles({ name: "sales", mode }).named("sales")?.profile.mode).toBe(mode);
  });

  it("are frozen", () => {
    const agent = profiles({ name: "sales", turnTaking: {} }).named("sales");
    expect(Object.isFrozen(agent?.profile.turnTaking)).toBe(true);
    expect(Object.isFrozen(defaults)).toBe(false);
  });

  it("bring their own words in another language", () => {
    const phrases = { ...defaults.phrases, reprompts: ["Sind Sie noch da?"] };
    expect(problems(() => profiles({ name: "de", language: "de-DE", greeting: "Hallo.", phrases }))).toEqual(
      [],
    );
    const found = problems(() => profiles({ name: "de", language: "de-DE", phrases: { filler: "Moment." } }));
    expect(found).toHaveLength(Object.keys(defaults.phrases).length);
    expect(found[0]).toBe(`profile "de": greeting is missing: the default's is not in de-DE.`);
    expect(found[1]).toBe(`profile "de": phrases.reprompts is missing: the default's is not in de-DE.`);
  });

  it("bring what is said without a line in another language, if anything is", () => {
    const { phrases } = defaults;
    const german = (overload: object) =>
      profiles({ name: "de", language: "de-DE", greeting: "Hallo.", phrases, overload });
    expect(german({}).named("de")?.profile.overload).toEqual(defaults.overload);
    const missing = ["stillQueued", "callbackOffer", "callbackPromised", "busy"].map(
      (name) => `profile "de": overload.${name} is missing: the default's is not in de-DE.`,
    );
    expect(problems(() => german({ offer: "queue", queued: "Bitte warten Sie." }))).toEqual(missing);
    expect(problems(() => german({ queued: "Bitte warten Sie." }))).toEqual(missing);
    const own = { queued: "a", stillQueued: "b", callbackOffer: "c", callbackPromised: "d", busy: "e" };
    expect(german({ offer: "queue", ...own }).named("de")?.profile.overload).toEqual({
      offer: "queue",
      phrases: own,
      language: "de-DE",
    });
    expect(problems(() => profiles({ name: "a", overload: { offer: "wait" } }))).toEqual([
      'profile "a": overload.offer is "wait", which is not gather, queue, callback or busy.',
    ]);
  });

  it.each([
    [{}, "profile 1: name is missing: every profile needs one."],
    [
      { name: "a b" },
      'profile "a b": name is "a b", which is not a name of 1 to 64 letters, digits, - and _.',
    ],
    [
      { name: "a", language: "english please" },
      'profile "a": language is "english please", which is not a BCP 47 language tag, such as en-US.',
    ],
    [{ name: "a", prompt: "" }, 'profile "a": prompt is "", which is not a text of 1 to 100000 characters.'],
    [
      { name: "a", greeting: null },
      'profile "a": greeting is null, which is not a text of 0 to 2000 characters.',
    ],
    [
      { name: "a", mode: "gather" },
      'profile "a": mode is "gather", which is not cascade, speech-to-speech or speech-gather.',
    ],
    [{ name: "a", voice: 7 }, 'profile "a": voice is 7, which is not a text of 1 to 200 characters.'],
    [{ name: "a", greetings: "Hi" }, 'profile "a": greetings is not a field: did you mean greeting?'],
    [
      { name: "a", colour: "red" },
      'profile "a": colour is not a field: use one of name, language, voice, businessType, tools, journal, greeting, prompt, mode, turnTaking, phrases, protectedSentences, recording, overload, numbers.',
    ],
    [
      { name: "a", turnTaking: { endpointmn: 1 } },
      'profile "a": turnTaking.endpointmn is not a field: did you mean endpointMin?',
    ],
    [
      { name: "a", turnTaking: { silenceLimit: 30 } },
      'profile "a": turnTaking.silenceLimit is 30, which is not a whole number from 3000 to 120000 (ms).',
    ],
    [
      { name: "a", turnTaking: { reprompts: 1.5 } },
      'profile "a": turnTaking.reprompts is 1.5, which is not a whole number from 0 to 10 (times).',
    ],
    [
      { name: "a", turnTaking: { bargeIn: "yes" } },
      'profile "a": turnTaking.bargeIn is "yes", which is not true or false.',
    ],
    [{ name: "a", turnTaking: [] }, 'profile "a": turnTaking is [], which is not an object.'],
    [
      { name: "a", turnTaking: { endpointMin: 3000 } },
      'profile "a": turnTaking.endpointMin is 3000, which is more than endpointOpen (500): set both so that it is not.',
    ],
    [
      { name: "a", phrases: { reprompts: [] } },
      'profile "a": phrases.reprompts is [], which is not a list of 1 to 10 of texts of 1 to 500 characters.',
    ],
    [
      { name: "a", phrases: { filler: " " } },
      'profile "a": phrases.filler is " ", which is not a text of 1 to 500 characters.',
    ],
    [
      { name: "a", tools: ["end_call", "fly"] },
      'profile "a": tools[1] is "fly", which is not one of the tools end_call, create_service_request.',
    ],
    [
      { name: "a", numbers: ["5551234"] },
      'profile "a": numbers[0] is "5551234", which is not one of telephone numbers, each + and 7 to 15 digits.',
    ],
    [
      { name: "a", numbers: ["+15551234567", "+15551234567"] },
      'numbers has +15551234567 more than once, in "a" and "a": one profile answers a number.',
    ],
    ["sales", "profile 1: is not an object."],
  ])("refuse %o in one line", (entry, problem) => {
    expect(problems(() => profiles(entry))).toEqual([problem]);
  });

  it("refuse a name or a number that two of them have", () => {
    expect(
      problems(() =>
        profiles({ name: "a", numbers: ["+15551234567"] }, { name: "b", numbers: ["+15551234567"] }),
      ),
    ).toEqual(['numbers has +15551234567 more than once, in "a" and "b": one profile answers a number.']);
    expect(problems(() => profiles({ name: "a" }, { name: "a" }))).toEqual([
      'the name "a" is used more than once: give each profile its own.',
    ]);
  });

  it("name every mistake in one go", () => {
    expect(
      problems(() => profiles({ nam: "a" }, { name: "b", voice: "", turnTaking: { bargeIn: 1 } })),
    ).toEqual([
      "profile 1: name is missing: every profile needs one.",
      "profile 1: nam is not a field: did you mean name?",
      expect.stringContaining('profile "b": voice'),
      expect.stringContaining('profile "b": turnTaking.bargeIn'),
    ]);
  });

  it("cut long values off", () => {
    const [problem = ""] = problems(() => profiles({ name: "x".repeat(5_000) }));
    expect(problem.length).toBeLessThan(300);
  });

  it.each([
    ["{", "is not JSON"],
    ["[]", "is not an object"],
    ["{}", "profiles is not a list of 1 to 1000 profiles"],
    ['{"profiles":[]}', "profiles is not a list of 1 to 1000 profiles"],
    ['{"profiles":[{"name":"a"}],"version":1}', "version is not a field: use profiles"],
    [" ".repeat(4 * 1024 * 1024 + 1), "larger than 4194304 bytes"],
  ])("refuse a file of %.20j", (content, problem) => {
    const found = problems(() => read(content));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
  });

  it("refuse a file that cannot be read", () => {
    const missing = join(folder, "none.json");
    expect(() => readAgentProfiles(missing, { defaults, knownTools })).toThrow(
      `AGENT_PROFILES is ${missing}, which cannot be read (ENOENT): name a readable file.`,
    );
  });
});

describe("the table of turn-taking fields", () => {
  it("has a row for each bound, with the default in its range", () => {
    expect(Object.keys(turnTakingFields).sort()).toEqual(Object.keys(defaultTurnTaking).sort());
    for (const [name, field] of Object.entries(turnTakingFields)) {
      const value = defaultTurnTaking[name as keyof typeof defaultTurnTaking];
      if (field.kind === "flag") expect(value, name).toBeTypeOf("boolean");
      else expect(field.least <= Number(value) && Number(value) <= field.most, name).toBe(true);
    }
    for (const [lower, upper] of turnTakingOrder) {
      expect(Number(defaultTurnTaking[lower]), lower).toBeLessThanOrEqual(Number(defaultTurnTaking[upper]));
    }
  });
});

describe("the documented profiles", () => {
  const page = ["docs/agent-profiles.md", "docs/turn-taking.md"]
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const inEnglish = (value: number | boolean) => value.toLocaleString("en-US");

  it("has the table of turn-taking fields", () => {
    for (const [name, field] of Object.entries(turnTakingFields)) {
      const value = inEnglish(defaultTurnTaking[name as keyof typeof defaultTurnTaking]);
      const [unit, range] =
        field.kind === "flag"
          ? ["flag", "true, false"]
          : [field.unit, `${inEnglish(field.least)} to ${inEnglish(field.most)}`];
      expect(page).toContain(`| \`${name}\` | ${unit} | ${value} | ${range} | ${field.trades} |`);
    }
  });

  it("has an example that is read", () => {
    const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(read(example).forNumber("+15551234567").profile.name).toBe("repairs");
  });
});

import { readFileSync, statSync } from "node:fs";
import type { AgentProfile } from "../calls/agent-profile.ts";
import { GatewayError } from "../runtime/errors.ts";
import { type ConfiguredAgent, readEntry } from "./agent-profile-entry.ts";
import { deepFreeze } from "./given.ts";
import { isObject, JsonFields } from "./json-fields.ts";

export interface AgentProfilesOptions {
  /** Completes every entry, and answers numbers that no entry names. */
  readonly defaults: AgentProfile;
  /** Names of the tools that there are. */
  readonly knownTools: readonly string[];
}

/** The agents that can answer a call. */
export class AgentProfiles {
  readonly #byName: ReadonlyMap<string, ConfiguredAgent>;
  readonly #byNumber: ReadonlyMap<string, ConfiguredAgent>;
  readonly #fallback: ConfiguredAgent;

  /** An agent with the name of the default replaces it. */
  constructor(defaults: AgentProfile, agents: readonly ConfiguredAgent[] = []) {
    this.#byName = new Map([
      [defaults.name, { profile: defaults, numbers: [] }],
      ...agents.map((agent) => [agent.profile.name, agent] as const),
    ]);
    this.#byNumber = new Map(
      agents.flatMap((agent) => agent.numbers.map((number) => [number, agent] as const)),
    );
    this.#fallback = this.#byName.get(defaults.name) as ConfiguredAgent;
  }

  get all(): readonly ConfiguredAgent[] {
    return [...this.#byName.values()];
  }

  named(name: string): ConfiguredAgent | undefined {
    return this.#byName.get(name);
  }

  /** Who answers a call to this number; the default where nobody else does. */
  forNumber(called: string): ConfiguredAgent {
    return this.#byNumber.get(called) ?? this.#fallback;
  }
}

/**
 * Reads the file of `AGENT_PROFILES`, as docs/agent-profiles.md describes it. Throws `CONFIG_INVALID`; the message
 * has one line for each mistake: file, profile, field, value, and what is allowed.
 */
export function readAgentProfiles(file: string, options: AgentProfilesOptions): AgentProfiles {
  const problems: string[] = [];
  const agents = entriesOf(file, parse(file)).map((entry, index) => {
    const problem = (message: string) =>
      problems.push(`${file}: ${label(entry, index)}: ${message}${message.endsWith("?") ? "" : "."}`);
    if (isObject(entry)) return readEntry(new JsonFields(entry, "", problem), { ...options, problem });
    problem("is not an object");
    return undefined;
  });
  problems.push(
    ...duplicates(agents.filter((agent) => agent !== undefined)).map((twice) => `${file}: ${twice}.`),
  );
  if (problems.length > 0) throw new GatewayError("CONFIG_INVALID", problems.join("\n"));
  return new AgentProfiles(options.defaults, deepFreeze(agents.filter((agent) => agent !== undefined)));
}

function parse(file: string): unknown {
  let text: string;
  try {
    if (statSync(file).size > LARGEST) throw new RangeError(`larger than ${LARGEST} bytes`);
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw invalid(
      `AGENT_PROFILES is ${file}, which cannot be read (${reason(cause)}): name a readable file`,
      cause,
    );
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw invalid(`${file}: is not JSON (${reason(cause)})`, cause);
  }
}

function entriesOf(file: string, content: unknown): readonly unknown[] {
  const problems: string[] = [];
  if (!isObject(content)) throw invalid(`${file}: is not an object: write { "profiles": [ … ] }`);
  const { profiles, ...rest } = content as { profiles?: unknown };
  for (const name of Object.keys(rest)) problems.push(`${file}: ${name} is not a field: use profiles.`);
  if (!Array.isArray(profiles) || profiles.length === 0 || profiles.length > MOST_PROFILES)
    problems.push(`${file}: profiles is not a list of 1 to ${MOST_PROFILES} profiles.`);
  if (problems.length > 0) throw new GatewayError("CONFIG_INVALID", problems.join("\n"));
  return profiles as readonly unknown[];
}

/** Names and numbers must each belong to one profile. */
function duplicates(agents: readonly ConfiguredAgent[]): string[] {
  const names = agents.map(({ profile }) => profile.name).filter((name) => name !== "");
  const owners = agents.flatMap(({ profile, numbers }) =>
    numbers.map((number) => ({ number, name: profile.name })),
  );
  return [
    ...[...twice(names)].map(
      (name) => `the name "${name}" is used more than once: give each profile its own`,
    ),
    ...[...twice(owners.map(({ number }) => number))].map((number) => {
      const by = owners.filter((owner) => owner.number === number).map(({ name }) => `"${name}"`);
      return `numbers has ${number} more than once, in ${by.join(" and ")}: one profile answers a number`;
    }),
  ];
}

function twice(list: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(list.filter((one) => seen.has(one) || !seen.add(one)));
}

function label(entry: unknown, index: number): string {
  const name = isObject(entry) ? (entry as { name?: unknown }).name : undefined;
  return typeof name === "string" ? `profile ${JSON.stringify(name.slice(0, 64))}` : `profile ${index + 1}`;
}

function invalid(message: string, cause?: unknown): GatewayError {
  return new GatewayError("CONFIG_INVALID", `${message}.`, { cause });
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}

/** In bytes. */
const LARGEST = 4 * 1024 * 1024;
const MOST_PROFILES = 1_000;

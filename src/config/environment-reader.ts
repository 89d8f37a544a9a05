import { GatewayError } from "../runtime/errors.ts";

/** A number's format at the edge of the product: `+` and 7 to 15 digits (E.164). */
const PHONE_NUMBER = /^\+\d{7,15}$/;

/**
 * Reads variables of the environment, each once, and collects what is wrong with them, so that one failed
 * start names every mistake. An empty value counts as unset. A value never appears in a problem when the
 * variable is a secret.
 */
export class EnvironmentReader {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #names = new Set<string>();
  readonly #problems = new Set<string>();

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  /** Every variable that was asked for: the schema, as `.env.example` must list it. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  /** Notes a mistake as one line: the variable, what is wrong with it, and the fix. */
  problem(name: string, wrong: string, fix: string): void {
    this.#problems.add(`${name} ${wrong}: ${fix}.`);
  }

  /** A secret that travels in an HTTP header: visible ASCII only, as a pasted key may not be. */
  key(name: string): string | undefined {
    const key = this.text(name);
    if (key === undefined || /^[\x21-\x7e]+$/.test(key)) return key;
    this.problem(
      name,
      "has a character that no HTTP header can carry",
      "copy the key again, without spaces or quotes",
    );
    return undefined;
  }

  /** Throws `CONFIG_INVALID` when anything was wrong; its message has one line for each problem. */
  finish(): void {
    if (this.#problems.size > 0) throw new GatewayError("CONFIG_INVALID", [...this.#problems].join("\n"));
  }

  text(name: string): string | undefined {
    this.#names.add(name);
    const value = this.#env[name]?.trim();
    return value === "" ? undefined : value;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    this.problem(
      name,
      `is "${value}", which is not a whole number from ${min} to ${max}`,
      `use one, such as ${fallback}`,
    );
    return fallback;
  }

  optionalInteger(name: string, min: number, max: number): number | undefined {
    return this.text(name) === undefined ? undefined : this.integer(name, min, min, max);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (value === "true" || value === "1") return true;
    if (value === "false" || value === "0") return false;
    this.problem(name, `is "${value}", which is neither true nor false`, `set it to true or false`);
    return fallback;
  }

  /** One of `choices`, whatever its case. */
  choice<Choice extends string>(name: string, fallback: Choice, choices: readonly Choice[]): Choice {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const choice = choices.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
    if (choice !== undefined) return choice;
    this.problem(name, `is "${value}", which is not known`, `use one of ${choices.join(", ")}`);
    return fallback;
  }

  phoneNumber(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || PHONE_NUMBER.test(value)) return value;
    this.problem(name, `is "${value}", which is not a phone number`, "write it as + and 7 to 15 digits");
    return undefined;
  }

  /** A BCP 47 language tag, in its canonical form. */
  language(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    try {
      return Intl.getCanonicalLocales(value)[0];
    } catch {
      this.problem(name, `is "${value}", which is not a BCP 47 language tag`, "use one such as en-US");
      return undefined;
    }
  }

  /** An `http(s)` scheme, host and port and nothing else; without a slash at its end. */
  origin(name: string): string | undefined {
    const url = this.#url(name, ["http:", "https:"], "an http(s) origin", "https://voice.example.com");
    if (url === undefined) return undefined;
    if (isOrigin(url)) return url.origin;
    this.problem(
      name,
      "has more than scheme, host and port",
      "leave out the path, the query and the user, as in https://voice.example.com",
    );
    return undefined;
  }

  /** A comma list of `http(s)` origins as browsers send them, each once; empty when unset. */
  origins(name: string): readonly string[] {
    const list = new Set<string>();
    for (const part of (this.text(name) ?? "").split(",").map((text) => text.trim())) {
      const url = URL.canParse(part) && !part.includes("*") ? new URL(part) : undefined;
      if (url !== undefined && ["http:", "https:"].includes(url.protocol) && isOrigin(url)) {
        list.add(url.origin);
      } else if (part !== "") {
        this.problem(
          name,
          part.includes("@") ? "has an entry that is not an origin" : `has "${part}", which is not an origin`,
          "write scheme, host and port only, as in https://desk.example.com, with commas between them",
        );
      }
    }
    return [...list];
  }

  /** An `http(s)` URL that may have a path; without a slash at its end. */
  httpUrl(name: string, example: string): string | undefined {
    const url = this.#url(name, ["http:", "https:"], "an http(s) URL", example);
    return url === undefined ? undefined : url.href.replace(/\/$/, "");
  }

  /** The URL of a server that holds a password, so never shown. */
  secretUrl(name: string, protocols: readonly string[], example: string): string | undefined {
    return this.#url(name, protocols, `a ${protocols[0]}// URL`, example, false)?.href;
  }

  /** @param show whether its value may be shown, when it has no user in it. */
  #url(
    name: string,
    protocols: readonly string[],
    kind: string,
    example: string,
    show = true,
  ): URL | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url !== undefined && url.hostname !== "" && protocols.includes(url.protocol)) return url;
    const shown = show && !value.includes("@") ? `is "${value}", which` : "is set, but";
    this.problem(name, `${shown} is not ${kind}`, `use ${example}`);
    return undefined;
  }
}

/** Whether it has no more than scheme, host and port. */
function isOrigin({ pathname, search, hash, username, password }: URL): boolean {
  return pathname === "/" && `${search}${hash}${username}${password}` === "";
}

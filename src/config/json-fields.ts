import { nearestName } from "./nearest-name.ts";

/**
 * Reads the fields of one JSON object, each once, and collects what is wrong with them. What is wrong is read as
 * absent, so that one failed start names every mistake.
 */
export class JsonFields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #problem: (message: string) => void;
  readonly #known: string[] = [];

  /** @param path what stands before the names of the fields in problems: "" or such as `phrases.`. */
  constructor(object: object, path: string, problem: (message: string) => void) {
    this.#object = object as Readonly<Record<string, unknown>>;
    this.#path = path;
    this.#problem = problem;
  }

  /** A text of so many characters. */
  text(name: string, least: number, most: number): string | undefined {
    return this.#read(name, `a text of ${least} to ${most} characters`, (value) =>
      isText(value, least, most),
    );
  }

  /** A text that `pattern` matches. */
  textLike(name: string, pattern: RegExp, allowed: string): string | undefined {
    return this.#read(name, allowed, (value) => typeof value === "string" && pattern.test(value));
  }

  flag(name: string): boolean | undefined {
    return this.#read(name, "true or false", (value) => typeof value === "boolean");
  }

  /** True, false, or a text of so many characters. */
  flagOrText(name: string, least: number, most: number): boolean | string | undefined {
    const allowed = `true, false or a text of ${least} to ${most} characters`;
    return this.#read(name, allowed, (value) => typeof value === "boolean" || isText(value, least, most));
  }

  /** A whole number from `least` to `most`. */
  number(name: string, least: number, most: number, unit: string): number | undefined {
    return this.#read(
      name,
      `a whole number from ${least} to ${most} (${unit})`,
      (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    );
  }

  /** A number from 0 to `most`, fractions included. */
  amount(name: string, most: number): number | undefined {
    return this.#read(
      name,
      `a number from 0 to ${most}`,
      (value) => Number.isFinite(value) && (value as number) >= 0 && (value as number) <= most,
    );
  }

  /** A list of texts, each as `isItem` wants it. */
  texts(
    name: string,
    {
      least,
      most,
      items,
      isItem,
    }: { least: number; most: number; items: string; isItem: (item: string) => boolean },
  ): readonly string[] | undefined {
    const list = this.#read<readonly unknown[]>(
      name,
      `a list of ${least} to ${most} of ${items}`,
      (value) => Array.isArray(value) && value.length >= least && value.length <= most,
    );
    if (list === undefined) return undefined;
    const wrong = list.findIndex((item) => typeof item !== "string" || !isItem(item));
    if (wrong === -1) return list as readonly string[];
    this.#problem(`${this.#path}${name}[${wrong}] is ${shown(list[wrong])}, which is not one of ${items}`);
    return undefined;
  }

  /** A BCP 47 language tag, in its canonical form. */
  language(name: string): string | undefined {
    const tag = this.#read<string>(name, "a BCP 47 language tag, such as en-US", isLanguage);
    return tag === undefined ? undefined : Intl.getCanonicalLocales(tag)[0];
  }

  /** The fields of an object within. Absent: an empty one. */
  object(name: string): JsonFields {
    const object = this.#read<object>(name, "an object", isObject) ?? {};
    return new JsonFields(object, `${this.#path}${name}.`, this.#problem);
  }

  has(name: string): boolean {
    return this.#object[name] !== undefined;
  }

  /** Every field that was not asked for is a mistake. */
  finish(): void {
    for (const name of Object.keys(this.#object)) {
      if (this.#known.includes(name)) continue;
      const nearest = nearestName(name, this.#known);
      const hint =
        nearest === undefined ? `use one of ${this.#known.join(", ")}` : `did you mean ${nearest}?`;
      this.#problem(`${this.#path}${name} is not a field: ${hint}`);
    }
  }

  #read<Value>(name: string, allowed: string, isAllowed: (value: unknown) => boolean): Value | undefined {
    this.#known.push(name);
    const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
    if (value === undefined || isAllowed(value)) return value as Value | undefined;
    this.#problem(`${this.#path}${name} is ${shown(value)}, which is not ${allowed}`);
    return undefined;
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === "string" && value.trim().length >= least && value.length <= most;
}

function isLanguage(value: unknown): boolean {
  try {
    return typeof value === "string" && value !== "" && Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

/** A value as it stands in the file, cut off where it is long. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

const LONGEST_SHOWN = 60;

/** What stands for every label value beyond the bound. */
const OTHER = "other";

/**
 * Label values that come from outside, such as a tool name that a language model made up: the first `bound`
 * different ones are kept and all later ones count as `other`, so that they cannot grow a metric for ever.
 */
export class BoundedLabels {
  readonly #bound: number;
  readonly #known = new Set<string>();

  constructor(bound: number) {
    this.#bound = bound;
  }

  label(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#bound) return OTHER;
    this.#known.add(value);
    return value;
  }
}

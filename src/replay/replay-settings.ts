import type { TurnTaking } from "../calls/agent-profile.ts";
import { nearestName } from "../config/nearest-name.ts";
import { turnTakingFields, turnTakingOrder } from "../config/turn-taking-fields.ts";
import { GatewayError } from "../runtime/errors.ts";

/**
 * Bounds of turn-taking from `name=value`, such as `endpointMin=300`, or `endpoint.min=300`. Throws `BAD_REQUEST` that
 * names what is wrong and what it may be.
 *
 * @param before the journal's, with which the new ones must agree.
 */
export function readSettings(settings: readonly string[], before: TurnTaking): Partial<TurnTaking> {
  const set = Object.fromEntries(settings.map(readSetting)) as Partial<TurnTaking>;
  const after = { ...before, ...set };
  for (const [lower, upper] of turnTakingOrder) {
    if (after[lower] > after[upper])
      throw refusal(`${lower} would be ${after[lower]}, more than ${upper} (${after[upper]}): set both`);
  }
  return set;
}

function readSetting(setting: string): [name: string, value: number | boolean] {
  const [, written = "", value = ""] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(setting) ?? [];
  if (written === "") throw refusal(`"${setting}" is not name=value, such as endpoint.min=300`);
  const name = fieldNamed(written);
  const field = turnTakingFields[name];
  if (field.kind === "flag") {
    if (value !== "true" && value !== "false")
      throw refusal(`${name} is "${value}", which is not true or false`);
    return [name, value === "true"];
  }
  const number = value === "" ? Number.NaN : Number(value);
  if (!Number.isInteger(number) || number < field.least || number > field.most)
    throw refusal(
      `${name} is "${value}", which is not a whole number from ${field.least} to ${field.most} (${field.unit})`,
    );
  return [name, number];
}

/** The profile's name of the field: `endpoint.min`, `endpointing.min` and `turnTaking.endpointMin` are `endpointMin`. */
function fieldNamed(written: string): keyof TurnTaking {
  const plain = written
    .replace(/^turnTaking\./, "")
    .replace(/^endpointing\./, "endpoint.")
    .replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());
  const names = Object.keys(turnTakingFields) as (keyof TurnTaking)[];
  const known = names.find((name) => name === plain);
  if (known !== undefined) return known;
  const near = nearestName(plain, names);
  const fix = near === undefined ? `use one of ${names.join(", ")}` : `did you mean ${near}`;
  throw refusal(`${written} is not a bound of turn-taking: ${fix}`);
}

function refusal(problem: string): GatewayError {
  return new GatewayError("BAD_REQUEST", `--set: ${problem}.`);
}

import type { OverloadOffer, OverloadPhrases, OverloadPolicy } from "../calls/overload-policy.ts";
import type { EntryContext } from "./agent-profile-entry.ts";
import type { JsonFields } from "./json-fields.ts";

const OFFER = /^(gather|queue|callback|busy)$/;

/** What callers of a profile get for whom there is no line. A phrase that is needed and not in its language is a mistake. */
export function readOverloadPolicy(
  fields: JsonFields,
  { defaults, problem }: Pick<EntryContext, "defaults" | "problem">,
  { language, isForeign }: { readonly language: string; readonly isForeign: boolean },
): OverloadPolicy {
  const { overload } = defaults;
  const offer =
    (fields.textLike("offer", OFFER, "gather, queue, callback or busy") as OverloadOffer | undefined) ??
    overload.offer;
  const names = Object.keys(overload.phrases) as (keyof OverloadPhrases)[];
  const own = new Map(names.map((name) => [name, fields.text(name, 1, 500)]));
  fields.finish();
  const missing = names.filter((name) => !fields.has(name));
  const speaks = offer === "queue" || offer === "callback" || missing.length < names.length;
  if (isForeign && speaks) {
    for (const name of missing) problem(`overload.${name} is missing: the default's is not in ${language}`);
  }
  if (isForeign && !speaks) return { ...overload, offer };
  const phrases = names.map((name) => [name, own.get(name) ?? overload.phrases[name]]);
  return { offer, phrases: Object.fromEntries(phrases) as unknown as OverloadPhrases, language };
}

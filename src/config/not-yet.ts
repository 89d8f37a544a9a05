/**
 * What this version does with variables that announce a feature it does not have. They are checked like
 * the others; whoever sets one is told, so that nobody relies on what is not there.
 */
const shortfalls: Readonly<Record<string, string>> = {
  REDIS_URL: "this version does not use Redis; processes share DATABASE_URL",
  ELEVEN_LABS_AGENT_ID: "this version has no ElevenLabs outbound service",
  PHONE_NUMBER_ID: "this version has no ElevenLabs outbound service",
};

/** One sentence for each variable that is set and has no effect, fit for a warning at the start. */
export function notYetSupported(isSet: (name: string) => boolean): readonly string[] {
  return Object.entries(shortfalls)
    .filter(([name]) => isSet(name))
    .map(([name, shortfall]) => `${name} is set, but ${shortfall}.`);
}

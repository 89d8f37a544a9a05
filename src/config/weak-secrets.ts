/** Characters: 64 bits in hexadecimal digits. */
const SHORTEST = 16;

/** A sentence for each secret that guards something and could be guessed. @param secrets by variable. */
export function weakSecrets(secrets: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(secrets)
    .filter(([, value]) => value !== undefined && value.length < SHORTEST)
    .map(
      ([name]) => `${name} has fewer than ${SHORTEST} characters and may be guessed: use a long random text.`,
    );
}

import { describe, expect, it } from "vitest";
import { Pronunciations } from "../../../../src/providers/embedded/pronunciations.ts";

const dictionary = new Pronunciations(
  Buffer.from(";; a comment\nhello HH AH L OW\nhello(2) HH EH L OW\nhellos HH AH L OW Z\nyes Y EH S"),
);

describe("Pronunciations", () => {
  it.each([
    ["hello", ["HH AH L OW", "HH EH L OW"]],
    ["hellos", ["HH AH L OW Z"]],
    ["yes", ["Y EH S"]],
    ["hell", []],
    ["no", []],
  ])("of %s", (word, ways) => {
    expect(dictionary.of(word)).toEqual(ways);
    expect(dictionary.of(word)).toEqual(ways);
  });
});

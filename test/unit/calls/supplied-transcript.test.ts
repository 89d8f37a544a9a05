import { describe, expect, it } from "vitest";
import { linesOf } from "../../../src/calls/supplied-transcript.ts";

describe("a transcript that came as one text", () => {
  it.each([
    ["I need help", [["customer", "I need help"]]],
    [
      "Agent: Hello!\r\nCustomer: I need help.\nwith my bill\n\nassistant : Sure.",
      [
        ["ai_agent", "Hello!"],
        ["customer", "I need help.\nwith my bill"],
        ["ai_agent", "Sure."],
      ],
    ],
    ["ai_agent: \ncaller: at 5: yes", [["customer", "at 5: yes"]]],
    ["  \n ", []],
  ])("is read line by line: %j", (text, expected) => {
    expect(linesOf(text).map(({ speaker, text: said }) => [speaker, said])).toEqual(expected);
  });
});

import { describe, expect, it } from "vitest";
import { Mouth } from "../../../bench/mouth.ts";

const saying = {
  texts: ["I would like", "a table for two."],
  stretches: [
    { start: 200, end: 800 },
    { start: 1_500, end: 2_300 },
  ],
};

describe("what a caller has said by now", () => {
  it("is the words that have begun, from the frame at which the voice did", () => {
    const mouth = new Mouth();
    mouth.says(saying, 10_000);
    expect(mouth.understood(1, 10_000)).toBe("I");
    expect(mouth.understood(1, 10_450)).toBe("I would like");
  });

  it("comes in two utterances when the caller pauses, the mark at the end of the second", () => {
    const mouth = new Mouth();
    mouth.says(saying, 10_000);
    expect(mouth.understood(1, 10_900)).toBe("I would like");
    expect(mouth.understood(2, 11_320)).toBe("a");
    expect(mouth.understood(2, 12_300)).toBe("a table for two.");
  });

  it("gives no word twice when one stretch is heard as two utterances", () => {
    const mouth = new Mouth();
    mouth.says(saying, 10_000);
    expect(mouth.understood(1, 10_300)).toBe("I would");
    expect(mouth.understood(2, 10_900)).toBe("like");
    expect(mouth.understood(3, 11_000)).toBe("");
  });

  it("is nothing before anything was said, and begins anew with the next sentence", () => {
    const mouth = new Mouth();
    expect(mouth.understood(1, 5_000)).toBe("");
    mouth.says(saying, 10_000);
    expect(mouth.understood(2, 13_000)).toBe("I would like a table for two.");
    mouth.says({ texts: ["Stop."], stretches: [{ start: 200, end: 500 }] }, 20_000);
    expect(mouth.understood(3, 20_400)).toBe("Stop.");
  });
});

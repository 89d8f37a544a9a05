import { describe, expect, it } from "vitest";
import { OutstandingText } from "../../../../src/providers/elevenlabs/outstanding-text.ts";

describe("OutstandingText", () => {
  it("owes audio for what was flushed until alignments name it all", () => {
    const text = new OutstandingText();
    text.write("Hello there. ");
    expect(text.owed).toBe(false);
    expect(text.flush()).toBe(true);
    expect(text.owed).toBe(true);
    text.heard("Hello");
    expect(text.owed).toBe(true);
    text.heard(" there.");
    expect(text.owed).toBe(false);
  });

  it("has nothing to flush twice", () => {
    const text = new OutstandingText();
    expect(text.flush()).toBe(false);
    text.write("Hello ");
    expect([text.flush(), text.flush()]).toEqual([true, false]);
  });

  it("does not owe what the service spoke before the flush", () => {
    const text = new OutstandingText();
    text.write("Hello there. ");
    text.heard("Hello there. ");
    expect(text.flush()).toBe(true);
    expect(text.owed).toBe(false);
  });

  it("owes nothing known once audio came without alignment", () => {
    const text = new OutstandingText();
    text.write("Hello ");
    text.flush();
    text.heard(undefined);
    expect(text.owed).toBe(false);
    text.write("again ");
    text.flush();
    expect(text.owed).toBe(true);
  });
});

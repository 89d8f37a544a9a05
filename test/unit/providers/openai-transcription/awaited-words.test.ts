import { describe, expect, it } from "vitest";
import { AwaitedWords } from "../../../../src/providers/openai-transcription/awaited-words.ts";

function committed(...positions: number[]): AwaitedWords {
  const words = new AwaitedWords();
  for (const position of positions) {
    words.add({ id: `c${position}`, position, duration: 1, asked: true });
    words.sent(`c${position}`);
  }
  return words;
}

describe("AwaitedWords", () => {
  it("names commits in the order in which the service was told of them", () => {
    const words = committed(1, 2);
    words.named("a");
    words.named("b");
    words.completed("b", "Two.");
    expect(words.take()).toBeUndefined();
    words.completed("a", " One. ");
    expect(words.take()).toMatchObject({ id: "c1", position: 1, asked: true, text: "One.", unheard: false });
    expect(words.take()).toMatchObject({ id: "c2", position: 2, asked: true, text: "Two.", unheard: false });
    expect(words.isEmpty).toBe(true);
  });

  it("takes completed words for those of the oldest commit when they were not named before", () => {
    const words = committed(1, 2);
    words.completed("a", "One.");
    expect(words.take()?.text).toBe("One.");
  });

  it("guesses all words since the last final ones", () => {
    const words = committed(1, 2);
    words.named("a");
    words.delta("a", "One");
    words.named("b");
    words.delta("b", "Two");
    words.delta("b", " and");
    words.delta("c", "Three");
    expect(words.interim).toBe("One Two and Three");
    expect(words.hasUncommitted).toBe(true);
    words.completed("b", "Two and a half.");
    expect(words.interim).toBe("One Two and a half. Three");
  });

  it("forgets the words of what was no speech, and keeps those that were asked for", () => {
    const words = committed(1);
    words.named("a");
    words.delta("a", "One");
    words.delta("b", "mumble");
    words.cleared();
    words.delta("b", " more of it");
    expect(words.interim).toBe("One");
    expect(words.hasUncommitted).toBe(false);
  });

  it("asks again on the next connection, except for what is complete", () => {
    const words = committed(1, 2);
    words.named("a");
    words.named("b");
    words.completed("b", "Two.");
    words.lost();
    expect(words.commits.map(({ sent, isComplete }) => [sent, isComplete])).toEqual([
      [false, false],
      [false, true],
    ]);
    words.sent("c1");
    words.named("a2");
    words.completed("a2", "One.");
    expect([words.take()?.text, words.take()?.text]).toEqual(["One.", "Two."]);
  });

  it("has no words for a commit in which there was nothing", () => {
    const words = committed(1);
    words.empty("c1");
    expect(words.take()?.text).toBe("");
  });

  it("awaits no words of a commit at which the service has failed twice, on whichever connections", () => {
    const words = committed(1, 2);
    words.named("a");
    expect(words.failed("a")).toBe(false);
    words.lost();
    words.sent("c1");
    words.sent("c2");
    words.named("b");
    words.delta("b", "One");
    expect([words.take(), words.areDue]).toEqual([undefined, true]);
    expect(words.failed("b")).toBe(true);
    expect(words.take()).toMatchObject({ id: "c1", text: "", unheard: true });
    expect([words.interim, words.areDue]).toEqual(["", true]);
    expect(words.failed("c2")).toBe(false);
    words.completed("c", "Two.");
    expect(words.take()).toMatchObject({ id: "c2", text: "Two.", unheard: false });
    expect([words.failed("c2"), words.failed("d"), words.areDue]).toEqual([false, false, false]);
  });

  it("knows who waits", () => {
    const words = new AwaitedWords();
    expect(words.ask()).toBe(false);
    words.add({ id: "c", position: 1, duration: 1, asked: false });
    expect(words.ask()).toBe(true);
    expect(words.commits[0]?.asked).toBe(true);
  });
});

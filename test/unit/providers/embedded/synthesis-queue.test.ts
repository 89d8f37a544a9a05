import { describe, expect, it } from "vitest";
import { SynthesisQueue } from "../../../../src/providers/embedded/synthesis-queue.ts";

describe("SynthesisQueue", () => {
  it("gives first segments before later ones, each in order", () => {
    const queue = new SynthesisQueue<string>(10);
    queue.add("a2", false);
    queue.add("b1", true);
    queue.add("a3", false);
    queue.add("c1", true);
    expect([queue.take(), queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([
      "b1",
      "c1",
      "a2",
      "a3",
      undefined,
    ]);
  });

  it("takes no more than its limit", () => {
    const queue = new SynthesisQueue<number>(2);
    expect([queue.add(1, true), queue.add(2, false), queue.add(3, true)]).toEqual([true, true, false]);
    expect(queue.length).toBe(2);
  });

  it("forgets what is unwanted", () => {
    const queue = new SynthesisQueue<number>(9);
    for (const order of [1, 2, 3, 4]) queue.add(order, order > 2);
    queue.remove((order) => order % 2 === 0);
    expect([queue.take(), queue.take(), queue.take()]).toEqual([3, 1, undefined]);
  });
});

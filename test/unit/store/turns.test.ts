import { describe, expect, it } from "vitest";
import { Turns } from "../../../src/store/embedded/turns.ts";

describe("turns", () => {
  it("are one at a time, in the order of asking", async () => {
    const turns = new Turns(10);
    const done: number[] = [];
    let inside = 0;
    await Promise.all(
      [1, 2, 3].map(async (name) => {
        await turns.take();
        expect(++inside).toBe(1);
        await Promise.resolve();
        done.push(name);
        inside--;
        turns.pass();
      }),
    );
    expect(done).toEqual([1, 2, 3]);
  });

  it("are refused beyond the bound, and free again after", async () => {
    const turns = new Turns(1);
    await turns.take();
    const second = turns.take();
    await expect(turns.take()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    turns.pass();
    await second;
    turns.pass();
    await turns.take();
  });
});

import { expect, it } from "vitest";
import { busiestFunctions } from "../../../bench/cpu-profile.ts";

it("adds up the time of each function, wherever it was called from, and leaves idle time out", () => {
  const at = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber });
  const profile = {
    nodes: [
      { id: 1, callFrame: at("(idle)", "", -1) },
      { id: 2, callFrame: at("read", "file:///any/where/src/telephony/reader.ts", 9) },
      { id: 3, callFrame: at("", "file:///any/where/node_modules/ws/lib/sender.js", 0) },
      { id: 4, callFrame: at("read", "file:///any/where/src/telephony/reader.ts", 9) },
    ],
    samples: [1, 2, 3, 4, 1],
    timeDeltas: [9_000, 1_000, 1_000, 2_000, 9_000],
  };
  expect(busiestFunctions(profile, 5)).toEqual([
    { function: "read", where: "src/telephony/reader.ts:10", self: 3, share: 75 },
    { function: "(anonymous)", where: "ws/lib/sender.js:1", self: 1, share: 25 },
  ]);
});

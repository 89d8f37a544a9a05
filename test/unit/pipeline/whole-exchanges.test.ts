import { expect, it } from "vitest";
import type { Message } from "../../../src/pipeline/language-model.ts";
import { wholeExchanges } from "../../../src/pipeline/whole-exchanges.ts";

const said: Message = { role: "caller", text: "Hello", by: "voice" };
const calls = (...ids: string[]): Message => ({
  role: "tool-calls",
  calls: ids.map((id) => ({ id, name: "look_up", arguments: "{}" })),
});
const result = (callId: string): Message => ({ role: "tool-result", callId, name: "look_up", result: "{}" });

it.each([
  { what: "all of it is there", kept: [said, calls("a", "b"), result("a"), result("b")], left: [0, 1, 2, 3] },
  { what: "the call is lost", kept: [result("a"), said], left: [1] },
  { what: "one of two results is lost", kept: [said, calls("a", "b"), result("b"), said], left: [0, 3] },
  { what: "a call is under way", kept: [said, calls("a")], left: [0] },
])("keeps whole exchanges when $what", ({ kept, left }) => {
  expect(wholeExchanges(kept)).toEqual(left.map((index) => kept[index]));
});

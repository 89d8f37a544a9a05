import { expect, it } from "vitest";
import { stateOf } from "../../../src/pipeline/state-of-conversation.ts";
import { Telling } from "../../support/telling.ts";

/** The agent says goodbye, and the caller something over it. */
function goodbye(over: string): Telling {
  const told = new Telling().greeted();
  told.at(2000, { type: "typed", text: "bye" });
  told.at(3000, { type: "started", turn: 1 });
  if (over !== "") {
    told.at(3200, { type: "speech-started", since: 3150 });
    told.at(3300, { type: "interim", text: over, confidence: 0.9 });
  }
  told.at(3400, { type: "replied", turn: 1, spoke: true, end: "agent-goodbye" });
  return told;
}

it("ends the call for a goodbye elsewhere, but not for one that the caller was speaking over", () => {
  const closing = (told: Telling) => stateOf(told.state, [], 0, 3_400).closing;
  expect(closing(goodbye(""))).toBe("agent-goodbye");
  expect(closing(goodbye("okay"))).toBeUndefined();
});

import { expect, it } from "vitest";
import { newEntriesOf } from "../../../bench/new-entries.ts";

it("answers what came since the last time, also when the log has forgotten its oldest entries", () => {
  const log = [{ name: "a" }, { name: "b" }];
  const take = newEntriesOf(log);
  const names = () => take().map(({ name }) => name);
  expect(names()).toEqual(["a", "b"]);
  expect(names()).toEqual([]);
  log.push({ name: "c" }, { name: "d" });
  log.splice(0, 1);
  expect(names()).toEqual(["c", "d"]);
  log.splice(0, log.length, { name: "e" });
  expect(names()).toEqual(["e"]);
});

import { describe, expect, it } from "vitest";
import { searchable } from "../../../src/store/call-rows.ts";

describe("a party that calls are looked for by", () => {
  it.each([
    ["+15005550001", "+15005550001"],
    ["+1 (500) 555-0001", "+15005550001"],
    ["500.555.0001", "5005550001"],
    ["anonymous", "anonymous"],
    ["sip:ada-1@example.org", "sip:ada-1@example.org"],
    ["", ""],
  ])("%s is %s", (party, sought) => {
    expect(searchable(party)).toBe(sought);
  });
});

import { describe, expect, it } from "vitest";
import { fail, ok, skip } from "../../../src/diagnosis/check.ts";
import { reportLine } from "../../../src/diagnosis/report-line.ts";

describe("reportLine", () => {
  it.each([
    [ok("it works"), "ok    Twilio: it works."],
    [skip("no key"), "skip  Twilio: no key."],
    [fail("it is broken", "mend it"), "fail  Twilio: it is broken. Fix: mend it."],
  ])("puts %j in one line", (verdict, line) => {
    expect(reportLine("Twilio", verdict, [])).toBe(line);
  });

  it("hides secrets, wherever they are", () => {
    const verdict = fail("key secret-1 of xsecret-1x refused", "replace secret-1");
    expect(reportLine("A", verdict, ["secret-1", ""])).toBe(
      "fail  A: key [secret] of x[secret]x refused. Fix: replace [secret].",
    );
  });

  it("hides short secrets where they stand alone, and leaves its own words whole", () => {
    const verdict = fail("a token?tok=tok$", "skip tok$");
    expect(reportLine("tok", verdict, ["tok", "ok"])).toBe(
      "fail  tok: a token?[secret]=[secret]$. Fix: skip [secret]$.",
    );
  });

  it("stays one line whatever a vendor says", () => {
    expect(reportLine("A", ok("one\r\ntwo\u001b[31m"), [])).toBe("ok    A: one two [31m.");
  });
});

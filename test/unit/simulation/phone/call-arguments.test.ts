import { describe, expect, it } from "vitest";
import { readCallArguments } from "../../../../src/simulation/phone/call-arguments.ts";

describe("readCallArguments", () => {
  it("has defaults for everything", () => {
    expect(readCallArguments([], {})).toEqual({
      help: false,
      actions: [],
      url: "http://127.0.0.1:8000",
      publicUrl: undefined,
      from: "+14155550100",
      to: "+15005550006",
      record: undefined,
      stereo: false,
      sessionLog: undefined,
      token: undefined,
      key: undefined,
      limit: 120_000,
      json: false,
    });
  });

  it("keeps the order of what the caller does", () => {
    const argv = "--say hi --audio a.wav --interrupt-after 300 --say stop --dtmf 1# --audio b.wav".split(" ");
    expect(readCallArguments(argv, {}).actions).toEqual([
      { type: "say", text: "hi" },
      { type: "audio", file: "a.wav" },
      { type: "say", text: "stop", interruptAfter: 300 },
      { type: "press", digits: "1#" },
      { type: "audio", file: "b.wav" },
    ]);
  });

  it("takes secrets from the environment, options first, and empty variables for unset", () => {
    const environment = { TWILIO_AUTH_TOKEN: "env", API_SECRET_KEY: "key", PUBLIC_URL: "" };
    expect(readCallArguments([], environment)).toMatchObject({
      token: "env",
      key: "key",
      publicUrl: undefined,
    });
    expect(readCallArguments(["--token", "mine"], environment).token).toBe("mine");
  });

  it.each([
    [["--dtmf", "A"], "--dtmf"],
    [["--limit", "0"], "--limit"],
    [["--limit", "soon"], "--limit"],
    [["--url", "127.0.0.1:8000"], "--url"],
    [["--interrupt-after", "300"], "--interrupt-after"],
    [["--interrupt-after=-1", "--say", "x"], "--interrupt-after"],
    [["--sing"], "--sing"],
    [["loudly"], "loudly"],
  ])("refuses %j and names the option", (argv, name) => {
    expect(() => readCallArguments(argv, {})).toThrow(
      expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringContaining(name) }),
    );
  });
});

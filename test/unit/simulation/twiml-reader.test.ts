import { describe, expect, it } from "vitest";
import { readTwiml } from "../../../src/simulation/twiml-reader.ts";

describe("readTwiml", () => {
  it("reads every verb that the phone follows", () => {
    const verbs = readTwiml(`<?xml version="1.0" encoding="UTF-8"?>
      <!-- all of them -->
      <Response>
        <Say voice="alice">Hello &amp; <![CDATA[<welcome>]]></Say><Play>https://x/a.wav</Play><Pause length="2"/>
        <Connect><Stream url="wss://h/media"><Parameter name="token" value="a&quot;&#38;b"/></Stream></Connect>
        <Gather action='/speech' input="speech dtmf"><Say>Which?</Say><Pause/><Play>b.wav</Play></Gather>
        <Dial action="/after"><Number>+15005550006</Number><Sip>sip:a@b</Sip></Dial>
        <Redirect method="GET">https://h/next?a=1&amp;b=2</Redirect><Redirect>/again</Redirect>
        <Reject reason="busy"/><Hangup/>
      </Response>`);
    expect(verbs).toEqual([
      { verb: "say", text: "Hello & <welcome>" },
      { verb: "play", url: "https://x/a.wav" },
      { verb: "pause", length: 2000 },
      { verb: "connect", stream: { url: "wss://h/media", parameters: { token: 'a"&b' } } },
      {
        verb: "gather",
        action: "/speech",
        prompts: [
          { verb: "say", text: "Which?" },
          { verb: "play", url: "b.wav" },
        ],
      },
      { verb: "dial", action: "/after", target: "+15005550006, sip:a@b" },
      { verb: "redirect", url: "https://h/next?a=1&b=2", method: "GET" },
      { verb: "redirect", url: "/again", method: "POST" },
      { verb: "reject", reason: "busy" },
      { verb: "hangup" },
    ]);
  });

  it("reads an empty response", () => {
    expect(readTwiml("<Response/>")).toEqual([]);
  });

  it.each([
    ["", "not one whole element"],
    ["<Answer/>", "the root is <Answer>"],
    ["<Response><Fly/></Response>", "unknown verb <Fly>"],
    ["<Response><Connect/></Response>", "exactly one <Stream>"],
    ["<Response><Connect><Stream/></Connect></Response>", "no url"],
    ['<Response><Connect><Stream url="a"><Say>x</Say></Stream></Connect></Response>', "something else"],
    [
      `<Response><Connect><Stream url="a"><Parameter name="n" value="${"v".repeat(499)}"/></Stream></Connect></Response>`,
      "500 characters",
    ],
    ["<Response><Gather><Hangup/></Gather></Response>", "<Gather> holds <Hangup>"],
    ['<Response><Pause length="-1"/></Response>', "bad length"],
    ["<Response>", "not one whole element"],
    ["<Response></Say>", "stray </Say>"],
    ["<Response/><Response/>", "not one whole element"],
    ["<Response>&nbsp;</Response>", "bad entity &nbsp;"],
    ["<Response>a & b</Response>", "bad entity &"],
    ['<Response a="1" a="2"/>', "given twice"],
    ["<!DOCTYPE x><Response/>", "not XML"],
    [`<Response>${" ".repeat(70_000)}</Response>`, "longer than"],
  ])("refuses %s", (document, reason) => {
    expect(() => readTwiml(document)).toThrow(
      expect.objectContaining({ code: "PROVIDER_PROTOCOL", message: expect.stringContaining(reason) }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { readTwiml } from "../../../src/simulation/twiml-reader.ts";
import {
  connectStream,
  gatherSpeech,
  hangUp,
  rejectAsBusy,
  sayAndHangUp,
  waitForReply,
} from "../../../src/telephony/twiml.ts";

const head = '<?xml version="1.0" encoding="UTF-8"?>';

describe("TwiML", () => {
  it("connects a stream with its parameters and a way back", () => {
    const document = connectStream({
      streamUrl: "wss://gw.example.com/api/phone/media",
      parameters: { token: "abc.def", session_id: "7" },
      redirectUrl: "https://gw.example.com/api/phone/incoming?after=media&x=1",
    });
    expect(document).toBe(
      `${head}<Response><Connect><Stream url="wss://gw.example.com/api/phone/media">` +
        `<Parameter name="token" value="abc.def"/><Parameter name="session_id" value="7"/></Stream></Connect>` +
        `<Redirect method="POST">https://gw.example.com/api/phone/incoming?after=media&amp;x=1</Redirect></Response>`,
    );
  });

  it("escapes what parameters hold", () => {
    const document = connectStream({
      streamUrl: "ws://127.0.0.1:1/m",
      parameters: { from: `"a" <b> & c` },
      redirectUrl: "http://127.0.0.1:1/r",
    });
    expect(document).toContain('value="&quot;a&quot; &lt;b> &amp; c"');
  });

  it("hangs up", () => {
    expect(hangUp()).toBe(`${head}<Response><Hangup/></Response>`);
  });

  it("rejects as busy", () => {
    expect(rejectAsBusy()).toBe(`${head}<Response><Reject reason="busy"/></Response>`);
  });

  it("says goodbye in a language", () => {
    expect(sayAndHangUp("Tschüss & danke", "de-DE")).toBe(
      `${head}<Response><Say language="de-DE">Tschüss &amp; danke</Say><Hangup/></Response>`,
    );
  });

  it("hangs up without a word where there is none to say", () => {
    expect(sayAndHangUp("", "en-US")).toBe(hangUp());
  });
});

const actionUrl = "https://gw.example.com/api/phone/process-speech?s=7&t=1";
const gather = { say: "How can I help you?", language: "en-GB", hints: [], actionUrl };

describe("the TwiML of a turn without a media stream", () => {
  it("says, gathers words and keys, and comes back whatever happens", () => {
    const url = "https://gw.example.com/api/phone/process-speech?s=7&amp;t=1";
    expect(gatherSpeech({ ...gather, hints: ["yes", "no"] })).toBe(
      `${head}<Response><Gather input="speech dtmf" action="${url}" method="POST" language="en-GB" ` +
        `speechTimeout="auto" actionOnEmptyResult="true" finishOnKey="#" bargeIn="true" hints="yes,no">` +
        `<Say language="en-GB">How can I help you?</Say></Gather><Redirect method="POST">${url}</Redirect></Response>`,
    );
  });

  it("says nothing where there is nothing to say, and leaves hints out where there are none", () => {
    const document = gatherSpeech({ ...gather, say: " ", bargeIn: false });
    expect(document).not.toContain("<Say");
    expect(document).not.toContain("hints");
    expect(document).toContain('bargeIn="false"');
  });

  it("gives only hints that Twilio takes", () => {
    const hints = ["one, two", "one  two", "", "x".repeat(101), `a "b" <c>`];
    expect(gatherSpeech({ ...gather, hints })).toContain('hints="one two,a &quot;b&quot; &lt;c>"');
    const many = Array.from({ length: 1_000 }, (_, index) => `hint ${index}`);
    expect(/hints="([^"]*)"/.exec(gatherSpeech({ ...gather, hints: many }))?.[1]?.split(",")).toHaveLength(
      100,
    );
  });

  it("keeps the caller waiting with words, with silence, or with both", () => {
    const wait = { language: "en-US", redirectUrl: "https://gw.example.com/wait" };
    const redirect = '<Redirect method="POST">https://gw.example.com/wait</Redirect></Response>';
    expect(waitForReply({ ...wait, say: "One moment.", pause: 0 })).toBe(
      `${head}<Response><Say language="en-US">One moment.</Say>${redirect}`,
    );
    expect(waitForReply({ ...wait, pause: 1_500 })).toBe(`${head}<Response><Pause length="2"/>${redirect}`);
    expect(waitForReply({ ...wait, say: "One moment.", pause: 1_000 })).toBe(
      `${head}<Response><Say language="en-US">One moment.</Say><Pause length="1"/>${redirect}`,
    );
  });
});

describe("a text", () => {
  /** What each `<Say>` says. */
  function says(text: string, language = "en-US"): string[] {
    const [verb] = readTwiml(gatherSpeech({ ...gather, say: text, language }));
    return verb?.verb === "gather"
      ? verb.prompts.map((prompt) => (prompt.verb === "say" ? prompt.text : ""))
      : [];
  }

  it("is escaped", () => {
    const text = `Tom & "Jerry" <said> it's 5 > 3`;
    expect(says(text)).toEqual([text]);
    expect(gatherSpeech({ ...gather, say: text })).toContain('Tom &amp; "Jerry" &lt;said&gt;');
  });

  it("is rid of what XML cannot hold", () => {
    expect(says("a\u0000b \u0007 c\ud800d \ufffe e")).toEqual(["a b c\ufffdd e"]);
  });

  it.each([
    ["English", "en-US", "This is a sentence of forty-two characters. "],
    ["Russian", "ru-RU", "Это предложение на русском языке. "],
    ["Chinese", "zh-CN", "这是一个句子。"],
  ])("in %s is cut at its sentences, and nothing of it is lost", (_, language, sentence) => {
    const text = sentence.repeat(200).trim();
    const pieces = says(text, language);
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(4_096);
      expect(encodeURIComponent(piece).length).toBeLessThanOrEqual(4_500);
      expect(piece.endsWith(sentence.trim().at(-1) as string)).toBe(true);
    }
    expect(pieces.join(sentence.endsWith(" ") ? " " : "")).toBe(text);
  });

  it("is cut at its words where a sentence is too long, and within them where they are", () => {
    const words = "word ".repeat(2_000).trim();
    expect(says(words).length).toBeGreaterThan(2);
    expect(says(words).join(" ")).toBe(words);
    const endless = "x".repeat(5_000);
    expect(says(endless).join("")).toBe(endless);
    expect(says("😀".repeat(1_000)).join("")).toBe("😀".repeat(1_000));
  });

  it("is cut off where a document could not hold it", () => {
    const document = gatherSpeech({ ...gather, say: "This is a sentence. ".repeat(10_000) });
    expect(Buffer.byteLength(document)).toBeLessThan(65_536);
  });
});

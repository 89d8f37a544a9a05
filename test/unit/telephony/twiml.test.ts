import { describe, expect, it } from "vitest";
import { connectStream, hangUp, rejectAsBusy, sayAndHangUp } from "../../../src/telephony/twiml.ts";

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
});

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { validateRequest } from "twilio/lib/webhooks/webhooks.js";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import type { CallerScript } from "../../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import type { PhoneOptions } from "../../src/simulation/phone/phone-options.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { type Script, type ScriptedGateway, scriptedGateway } from "./simulated-phone-server.ts";

/** A loud tone of so many ms: alternating samples of medium level. */
function sound(ms: number): Uint8Array {
  return new Uint8Array(ms * 8).map((_, index) => (index % 8 < 4 ? 0x20 : 0xa0));
}

const connect = (origin: string, after = "<Hangup/>") =>
  `<?xml version="1.0"?><Response><Connect><Stream url="${origin.replace("http", "ws")}/api/phone/media">` +
  `<Parameter name="token" value="t&amp;1"/><Parameter name="session_id" value="7"/></Stream></Connect>${after}</Response>`;

let open: ScriptedGateway | undefined;

afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function dial(script: Script, caller: CallerScript, more: Partial<PhoneOptions> = {}) {
  open = await scriptedGateway(script);
  const { fallbackUrl } = more;
  const phone = new SimulatedPhone({
    clock: systemClock,
    exchange: new PhoneExchange(systemClock),
    voiceUrl: `${open.origin}/api/phone/incoming`,
    from: "+14155550100",
    to: "+15005550006",
    script: caller,
    limit: 5_000,
    ...more,
    ...(fallbackUrl && { fallbackUrl: open.origin + fallbackUrl }),
  });
  return { phone, gateway: open };
}

const hangUpSoon: CallerScript = [{ type: "hang-up", cue: { when: "after", wait: 100 } }];

describe("the simulated phone", { timeout: 10_000 }, () => {
  it("follows the protocol from the webhook to stop", async () => {
    const { phone, gateway } = await dial({ answer: (_request, _index, origin) => connect(origin) }, [
      { type: "press", digits: "1#", cue: { when: "at", at: 20 } },
      { type: "say", audio: sound(50), cue: { when: "after", wait: 0 } },
      { type: "hang-up", cue: { when: "after", wait: 20 } },
    ]);
    const report = await phone.call();
    expect(gateway.requests[0]).toMatchObject({
      method: "POST",
      url: "/api/phone/incoming",
      form: {
        CallSid: report.callSid,
        From: "+14155550100",
        Caller: "+14155550100",
        To: "+15005550006",
        Called: "+15005550006",
        CallStatus: "ringing",
        Direction: "inbound",
        ApiVersion: "2010-04-01",
      },
    });
    const messages = gateway.streams[0] ?? [];
    expect(messages[0]).toEqual({ event: "connected", protocol: "Call", version: "1.0.0" });
    expect(messages[1]).toMatchObject({
      event: "start",
      sequenceNumber: "1",
      start: {
        callSid: report.callSid,
        tracks: ["inbound"],
        mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
        customParameters: { token: "t&1", session_id: "7" },
      },
    });
    expect(messages[1]?.streamSid).toMatch(/^MZ[0-9a-f]{32}$/);
    const numbered = messages.slice(1).map((message) => message.sequenceNumber);
    expect(numbered).toEqual(numbered.map((_, index) => String(index + 1)));
    const media = messages.flatMap((message) => (message.event === "media" ? [message.media as Media] : []));
    expect(media.map(({ chunk }) => chunk)).toEqual(media.map((_, index) => String(index + 1)));
    expect(media.map(({ timestamp }) => timestamp)).toEqual(media.map((_, index) => String(index * 20)));
    expect(media.every(({ payload }) => Buffer.from(payload, "base64").length === 160)).toBe(true);
    const loud = media.filter(({ payload }) => Buffer.from(payload, "base64").some((byte) => byte !== 0xff));
    expect(Buffer.concat(loud.map(({ payload }) => Buffer.from(payload, "base64"))).subarray(0, 400)).toEqual(
      Buffer.from(sound(50)),
    );
    const keys = messages.flatMap((message) => (message.event === "dtmf" ? [message.dtmf] : []));
    expect(keys).toEqual([
      { track: "inbound_track", digit: "1" },
      { track: "inbound_track", digit: "#" },
    ]);
    expect(messages.at(-1)).toMatchObject({ event: "stop", stop: { callSid: report.callSid } });
    expect(report.ended.by).toBe("caller");
    expect(report.sessionId).toBe("7");
    expect(report.frames).toEqual({ sent: media.length, dropped: 0 });
  });

  it("echoes marks in order when their audio was played, and plays nothing after a clear", async () => {
    const { phone, gateway } = await dial(
      {
        answer: (_request, _index, origin) => connect(origin),
        react: (message, stream) => {
          if (message.event === "start") {
            stream.mark("at once");
            stream.media(sound(60));
            stream.mark("played");
            stream.media(sound(30_000));
            stream.mark("cleared 1");
            stream.mark("cleared 2");
          }
          if (message.event === "mark" && (message.mark as { name: string }).name === "played")
            stream.clear();
          if (message.event === "mark" && (message.mark as { name: string }).name === "cleared 2")
            stream.close();
        },
      },
      [],
      { record: true },
    );
    const report = await phone.call();
    const marks = gateway.streams[0]?.filter(({ event }) => event === "mark").map(({ mark }) => mark);
    expect(marks).toEqual(["at once", "played", "cleared 1", "cleared 2"].map((name) => ({ name })));
    expect(report.heard).toBeGreaterThanOrEqual(60);
    expect(report.heard).toBeLessThan(30_000);
    const heard = report.recording?.agent.reduce((sum, { mulaw }) => sum + mulaw.length, 0) ?? 0;
    expect(Math.abs(heard / 8 - report.heard)).toBeLessThan(1);
    expect(report.ended).toEqual({ by: "agent", detail: "the TwiML hung up" });
    expect(report.greetingLatency).toBeDefined();
  });

  it("signs the webhooks and the upgrade for the public URL while it dials the local one", async () => {
    const token = "12345678901234567890123456789012";
    const publicOrigin = "https://gw.example.com";
    const { phone, gateway } = await dial({ answer: () => connect(publicOrigin) }, hangUpSoon, {
      authToken: token,
    });
    const dialled = new SimulatedPhone({
      clock: systemClock,
      exchange: new PhoneExchange(systemClock),
      voiceUrl: `${publicOrigin}/api/phone/incoming`,
      statusUrl: `${publicOrigin}/api/phone/status`,
      dialOrigin: gateway.origin,
      authToken: token,
      from: "+14155550100",
      to: "+15005550006",
      script: hangUpSoon,
      limit: 5_000,
    });
    phone.hangUp();
    await dialled.call();
    const [voice, status] = gateway.requests;
    const upgrade = gateway.upgrades[0];
    expect(
      validateRequest(token, voice?.signature ?? "", `${publicOrigin}/api/phone/incoming`, {
        ...voice?.form,
      }),
    ).toBe(true);
    expect(
      validateRequest(token, status?.signature ?? "", `${publicOrigin}/api/phone/status`, {
        ...status?.form,
      }),
    ).toBe(true);
    expect(status?.form).toMatchObject({ CallStatus: "completed", CallDuration: "0", SequenceNumber: "0" });
    expect(upgrade?.url).toBe("/api/phone/media");
    expect(validateRequest(token, upgrade?.signature ?? "", "wss://gw.example.com/api/phone/media", {})).toBe(
      true,
    );
  });

  it("follows a redirect after the stream into a second stream of the same call", async () => {
    const { phone, gateway } = await dial(
      {
        answer: (_request, index, origin) =>
          index < 2
            ? connect(origin, `<Redirect>/api/phone/incoming?again=${index}</Redirect>`)
            : "<Response/>",
        react: (message, stream) => {
          if (message.event === "media") stream.close();
        },
      },
      [],
    );
    const report = await phone.call();
    expect(gateway.requests.map(({ url }) => url)).toEqual([
      "/api/phone/incoming",
      "/api/phone/incoming?again=0",
      "/api/phone/incoming?again=1",
    ]);
    expect(gateway.requests[1]?.form).toMatchObject({ CallSid: report.callSid, CallStatus: "in-progress" });
    const sids = gateway.streams.map(
      (messages) => messages.find(({ event }) => event === "start")?.streamSid,
    );
    expect(new Set(sids).size).toBe(2);
    expect(report).toMatchObject({ streams: 2, ended: { by: "agent" } });
  });

  it("follows the verbs after the stream however its socket ends, also when the next one does not open", async () => {
    let refused = 0;
    const { phone, gateway } = await dial(
      {
        answer: (_request, index, origin) =>
          index < 3 ? connect(origin, "<Redirect>/api/phone/incoming</Redirect>") : "<Response/>",
        react: (message, stream) => {
          if (message.event === "media") stream.cut();
        },
        refuseUpgrade: (index) => (index === 1 ? ++refused && 503 : undefined),
      },
      [],
    );
    const report = await phone.call();
    expect(refused).toBe(1);
    expect(gateway.requests).toHaveLength(4);
    expect(report).toMatchObject({ streams: 2, ended: { by: "agent" } });
  });

  it("asks the fallback when a webhook fails, with the reason, and goes on with its document", async () => {
    const { phone, gateway } = await dial(
      {
        answer: ({ url }, _index, origin) =>
          url === "/api/phone/incoming" ? 500 : url === "/fallback" ? connect(origin) : "<Response/>",
      },
      hangUpSoon,
      { fallbackUrl: "/fallback" },
    );
    const report = await phone.call();
    expect(report).toMatchObject({ streams: 1, ended: { by: "caller" } });
    expect(gateway.requests[1]).toMatchObject({
      url: "/fallback",
      form: {
        CallSid: report.callSid,
        ErrorCode: "11200",
        ErrorUrl: `${gateway.origin}/api/phone/incoming`,
      },
    });
  });

  it("reports a call that breaks off for want of a document, and the silence until then", async () => {
    const { phone } = await dial(
      {
        answer: (_request, index, origin) =>
          index === 0 ? connect(origin, "<Redirect>/api/phone/incoming</Redirect>") : 500,
        react: (message, stream) => {
          if (message.event === "start") stream.media(sound(60));
          if (message.event === "media" && (message.media as Media).chunk === "25") stream.cut();
        },
      },
      [],
    );
    const report = await phone.call();
    expect(report.ended).toMatchObject({ by: "failed", detail: expect.stringContaining("500") });
    expect(report.silences).toEqual([expect.objectContaining({ broken: false })]);
    expect(report.silences[0]?.duration).toBeGreaterThan(250);
  });

  it("tries twice to connect to a webhook, as Twilio does unless told otherwise", async () => {
    const server = await scriptedGateway({ answer: () => "<Response/>" });
    await server.close();
    let tries = 0;
    const counting = (message: unknown) => {
      const { request } = message as { request: { origin: string } };
      if (request.origin === server.origin) tries++;
    };
    subscribe("undici:request:create", counting);
    const dead = new SimulatedPhone({
      clock: systemClock,
      exchange: new PhoneExchange(systemClock),
      voiceUrl: `${server.origin}/api/phone/incoming`,
      from: "+14155550100",
      to: "+15005550006",
      script: [],
      limit: 5_000,
    });
    await expect(dead.call()).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    unsubscribe("undici:request:create", counting);
    expect(tries).toBe(2);
  });

  it("gives up after five redirects", async () => {
    const { phone, gateway } = await dial(
      { answer: () => "<Response><Redirect>/api/phone/incoming</Redirect></Response>" },
      [],
    );
    await expect(phone.call()).rejects.toMatchObject({ code: "PROVIDER_PROTOCOL" });
    expect(gateway.requests).toHaveLength(6);
  });

  it("measures the greeting, a reply, and how an interruption is obeyed", async () => {
    let voiceFrames = 0;
    const { phone } = await dial(
      {
        answer: (_request, _index, origin) => connect(origin),
        react: (message, stream) => {
          if (message.event === "start") stream.media(sound(60));
          if (message.event !== "media") return;
          const payload = (message.media as Media).payload;
          if (Buffer.from(payload, "base64").every((byte) => byte === 0xff)) return;
          voiceFrames++;
          if (voiceFrames === 3) stream.media(sound(5_000));
          if (voiceFrames === 4) stream.clear();
          if (voiceFrames === 6) stream.media(sound(40));
        },
      },
      [
        { type: "say", audio: sound(60), text: "hello", cue: { when: "agent-finished", quiet: 40 } },
        { type: "say", audio: sound(60), text: "stop", cue: { when: "heard", heard: 80 } },
        { type: "hang-up", cue: { when: "agent-finished", quiet: 40 } },
      ],
    );
    const report = await phone.call();
    expect(report.ended.by).toBe("caller");
    expect(report.greetingLatency).toBeDefined();
    expect(report.exchanges).toHaveLength(2);
    expect(report.exchanges[0]).toMatchObject({ step: 0, text: "hello", interrupted: false, early: false });
    expect(report.exchanges[0]?.replyLatency).toBeGreaterThanOrEqual(0);
    expect(report.exchanges[1]).toMatchObject({ step: 1, text: "stop", interrupted: true });
    expect(report.exchanges[1]?.clearLatency).toBeGreaterThanOrEqual(0);
    expect(report.exchanges[1]?.replyLatency).toBeGreaterThanOrEqual(0);
    expect(report.gaps).toEqual([]);
  });

  it("warns of what Twilio would not accept, and goes on", async () => {
    const { phone } = await dial(
      {
        answer: (_request, _index, origin) => connect(origin),
        react: (message, stream) => {
          if (message.event !== "start") return;
          stream.raw(Buffer.from([1, 2, 3]));
          stream.raw("{");
          stream.raw(JSON.stringify({ event: "media", streamSid: "MZ0", media: { payload: "" } }));
        },
      },
      hangUpSoon,
    );
    const report = await phone.call();
    expect(report.warnings).toEqual([
      { code: 31950, detail: "binary frame" },
      { code: 31951, detail: "not JSON" },
    ]);
    expect(report.ended.by).toBe("caller");
  });

  it("reports a refused webhook, a refused upgrade, a wrong document and a dead address", async () => {
    const refused = await dial({ answer: () => 403 }, []);
    await expect(refused.phone.call()).rejects.toMatchObject({ code: "PROVIDER_REFUSED" });
    await refused.gateway.close();
    const upgrade = await dial(
      { answer: (_request, _index, origin) => connect(origin), refuseUpgrade: 403 },
      [],
    );
    await expect(upgrade.phone.call()).rejects.toMatchObject({ code: "PROVIDER_REFUSED" });
    await upgrade.gateway.close();
    const wrong = await dial({ answer: () => "<Response><Fly/></Response>" }, []);
    await expect(wrong.phone.call()).rejects.toMatchObject({ code: "PROVIDER_PROTOCOL" });
    await wrong.gateway.close();
    open = undefined;
    const dead = new SimulatedPhone({
      clock: systemClock,
      exchange: new PhoneExchange(systemClock),
      voiceUrl: `${wrong.gateway.origin}/api/phone/incoming`,
      from: "+14155550100",
      to: "+15005550006",
      script: [],
      limit: 5_000,
    });
    await expect(dead.call()).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
  });

  it("ends at its limit and when stopped from outside", async () => {
    const silent: Script = { answer: (_request, _index, origin) => connect(origin) };
    const limited = await dial(silent, [], { limit: 150 });
    expect((await limited.phone.call()).ended.by).toBe("limit");
    await limited.gateway.close();
    const stopped = await dial(silent, [], {
      onEvent: (event) => {
        if (event.type === "stream-started") stopped.phone.hangUp();
      },
    });
    expect((await stopped.phone.call()).ended.by).toBe("stopped");
    expect(stopped.gateway.streams[0]?.at(-1)).toMatchObject({ event: "stop" });
  });

  it("answers a gather in words and in keys", async () => {
    const gather =
      '<Response><Gather action="/answer" input="speech dtmf"><Say>Which?</Say></Gather><Hangup/></Response>';
    const said: string[] = [];
    const { phone, gateway } = await dial(
      { answer: () => gather },
      [
        { type: "say", audio: sound(20), text: "sales", cue: { when: "agent-finished" } },
        { type: "press", digits: "2", cue: { when: "agent-finished" } },
      ],
      { onEvent: (event) => event.type === "twilio-said" && said.push(event.text) },
    );
    const report = await phone.call();
    expect(gateway.requests.map(({ url }) => url)).toEqual(["/api/phone/incoming", "/answer", "/answer"]);
    expect(gateway.requests[1]?.form).toMatchObject({ SpeechResult: "sales", Confidence: "0.9" });
    expect(gateway.requests[2]?.form).toMatchObject({ Digits: "2" });
    expect(said).toEqual(["Which?", "Which?", "Which?"]);
    expect(report.ended.by).toBe("agent");
  });

  it("drives many phones from one exchange, each with its own stream", async () => {
    open = await scriptedGateway({ answer: (_request, _index, origin) => connect(origin) });
    const exchange = new PhoneExchange(systemClock);
    const { origin } = open;
    const calls = Array.from({ length: 20 }, (_, index) => {
      const from = `+1415555${String(index).padStart(4, "0")}`;
      const options = { clock: systemClock, exchange, voiceUrl: `${origin}/v`, from, to: "+15005550006" };
      return new SimulatedPhone({ ...options, script: hangUpSoon, limit: 5_000 }).call();
    });
    const reports = await Promise.all(calls);
    expect(reports.map(({ ended }) => ended.by)).toEqual(reports.map(() => "caller"));
    expect(open.streams).toHaveLength(20);
    for (const messages of open.streams) expect(messages.at(-1)?.event).toBe("stop");
  });
});

interface Media {
  readonly chunk: string;
  readonly timestamp: string;
  readonly payload: string;
}

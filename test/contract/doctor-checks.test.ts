import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Check, Verdict } from "../../src/diagnosis/check.ts";
import { deepgramCheck } from "../../src/diagnosis/deepgram-check.ts";
import { elevenLabsSubscriptionCheck } from "../../src/diagnosis/elevenlabs-subscription-check.ts";
import { elevenLabsVoiceCheck } from "../../src/diagnosis/elevenlabs-voice-check.ts";
import { openAiCheck } from "../../src/diagnosis/openai-check.ts";
import { publicUrlCheck } from "../../src/diagnosis/public-url-check.ts";
import { reportLine } from "../../src/diagnosis/report-line.ts";
import { twilioAccountCheck } from "../../src/diagnosis/twilio-account-check.ts";
import { twilioNumberCheck } from "../../src/diagnosis/twilio-number-check.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { startDeepgramStandIn } from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import type { ElevenLabsAccount } from "../../src/simulation/stand-ins/elevenlabs-account.ts";
import { startElevenLabsStandIn } from "../../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import type { OpenAiAccount } from "../../src/simulation/stand-ins/openai-account.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import type { Fault, StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import type { TwilioNumber } from "../../src/simulation/stand-ins/twilio-account.ts";
import { startTwilioStandIn } from "../../src/simulation/stand-ins/twilio-stand-in.ts";

/** The vendors' own packages against the stand-ins. */

const KEY = "right-key";
const ACCOUNT = `AC${"0".repeat(32)}`;
const NUMBER = "+15550100001";
const PUBLIC_URL = "https://voice.example.com";
const WEBHOOK = `${PUBLIC_URL}/api/phone/incoming`;
const STALL: Fault = { type: "stall", afterMessages: 0 };
const clock = systemClock;
const limit = 8_000;
/** Where packages leave their timeout armed: it is over before the check for leaks. */
const short = 800;

const standIns: StandIn[] = [];
const opened = (standIn: StandIn): StandIn => {
  standIns.push(standIn);
  return standIn;
};

beforeAll(async () => {
  // Four packages, one of them of seconds; checks are given theirs loaded.
  await Promise.all([
    import("@deepgram/sdk"),
    import("openai"),
    import("@elevenlabs/elevenlabs-js"),
    import("twilio"),
  ]);
}, 60_000);

afterEach(async () => {
  await Promise.all(standIns.splice(0).map((standIn) => standIn.close()));
});

/** The vendors, each with a check that succeeds unless its options say otherwise. */
const vendors = {
  async Deepgram(apiKey: string, faults: readonly Fault[], overrides: object) {
    const standIn = opened(await startDeepgramStandIn({ clock, apiKey: KEY }));
    standIn.inject(...faults);
    const options = { clock, apiKey, baseUrl: standIn.origin, model: "nova-3", limit };
    return { standIn, check: deepgramCheck({ ...options, ...overrides }) };
  },
  async OpenAI(apiKey: string, faults: readonly Fault[], overrides: object) {
    const standIn = opened(await startOpenAiStandIn({ clock, account: { apiKey: KEY } }));
    standIn.inject(...faults);
    const options = { clock, apiKey, baseUrl: `${standIn.origin}/v1`, model: "gpt-test", limit };
    return { standIn, check: openAiCheck({ ...options, ...overrides }) };
  },
  async "ElevenLabs voice"(apiKey: string, faults: readonly Fault[], overrides: object) {
    const { standIn, account } = await elevenLabs(apiKey, {});
    standIn.inject(...faults);
    return { standIn, check: elevenLabsVoiceCheck({ ...account, voice: "v1", ...overrides }) };
  },
  async "ElevenLabs subscription"(apiKey: string, faults: readonly Fault[], overrides: object) {
    const { standIn, account } = await elevenLabs(apiKey, {});
    standIn.inject(...faults);
    return { standIn, check: elevenLabsSubscriptionCheck({ ...account, ...overrides }) };
  },
  async "Twilio account"(authToken: string, faults: readonly Fault[], overrides: object) {
    const { standIn, account } = await twilio(authToken);
    standIn.inject(...faults);
    return { standIn, check: twilioAccountCheck({ ...account, ...overrides }) };
  },
  async "Twilio number"(authToken: string, faults: readonly Fault[], overrides: object) {
    const { standIn, account } = await twilio(authToken, [{ phone_number: NUMBER, voice_url: WEBHOOK }]);
    standIn.inject(...faults);
    const options = { ...account, phoneNumber: NUMBER, publicUrl: PUBLIC_URL, loopback: false };
    return { standIn, check: twilioNumberCheck({ ...options, ...overrides }) };
  },
};

async function elevenLabs(apiKey: string, more: ElevenLabsAccount) {
  const standIn = opened(await startElevenLabsStandIn({ clock, account: { apiKey: KEY, ...more } }));
  return { standIn, account: { clock, apiKey, baseUrl: standIn.origin, limit } };
}

async function twilio(authToken: string, numbers: readonly TwilioNumber[] = [], status = "active") {
  const options = { clock, accountSid: ACCOUNT, authToken: KEY, status, numbers };
  const standIn = opened(await startTwilioStandIn(options));
  return { standIn, account: { clock, accountSid: ACCOUNT, authToken, apiBaseUrl: standIn.origin, limit } };
}

const line = async (check: Check): Promise<string> => reportLine(check.name, await check.run(), [KEY]);

describe.each(Object.entries(vendors))("the check of %s", (name, start) => {
  it("is content with a good key", async () => {
    const { check } = await start(KEY, [], {});
    expect(check.name).toBe(name);
    expect(await check.load?.()).toBeDefined();
    expect(await check.run()).toMatchObject({ outcome: "ok" });
  });

  it("tells a key that is refused, and what to set, without showing it", async () => {
    const { check } = await start("wrong-key-123", [], {});
    const told = await line(check);
    expect(told).toMatch(/^fail .*does not accept .* \(401\)\. Fix: set .*[A-Z_]+_(KEY|TOKEN) to /);
    expect(told).not.toContain("wrong-key-123");
  });

  it.each([
    [429, "takes no more requests (429)"],
    [500, "has trouble (500)"],
  ])("asks once only when the vendor answers %i", async (status, wrong) => {
    const { check, standIn } = await start(KEY, [{ type: "status", status }], {});
    expect(await line(check)).toContain(wrong);
    expect(
      standIn.log.filter(({ direction, what }) => direction === "in" && what.startsWith("GET")).length,
    ).toBe(1);
  });

  it("ends at its limit when the vendor is silent, whether it answers nothing or only begins to", async () => {
    for (const afterMessages of [0, 1]) {
      const late = new ManualClock();
      const { check, standIn } = await start(KEY, [{ ...STALL, afterMessages }], {
        clock: late,
        limit: short,
      });
      const verdict = check.run();
      await expect.poll(() => standIn.log.length).toBe(1);
      late.advanceTo(short);
      expect(await verdict).toMatchObject({
        outcome: "fail",
        wrong: expect.stringContaining("took longer than 800 ms"),
      });
    }
  });

  it("tells an address where nobody answers", async () => {
    const { check, standIn } = await start(KEY, [], { limit: short });
    await standIn.close();
    expect(await line(check)).toMatch(/cannot be reached \(ECONN\w+\)\. Fix: check the network/);
  });

  it.each(["apiKey", "accountSid", "authToken"])(
    "is skipped, and loads nothing, without %s",
    async (missing) => {
      const { check, standIn } = await start(KEY, [], { [missing]: undefined });
      const needed = missing === "apiKey" ? !name.startsWith("Twilio") : name.startsWith("Twilio");
      expect(await check.run()).toMatchObject({ outcome: needed ? "skip" : "ok" });
      if (needed) expect(standIn.log).toEqual([]);
      if (needed && missing !== "authToken") expect(await check.load?.()).toBeUndefined();
    },
  );
});

describe("the check of Deepgram", () => {
  const run = async (model: string, models?: readonly string[], faults: readonly Fault[] = []) => {
    const standIn = opened(await startDeepgramStandIn({ clock, apiKey: KEY, ...(models && { models }) }));
    standIn.inject(...faults);
    return deepgramCheck({ clock, apiKey: KEY, baseUrl: standIn.origin, model, limit }).run();
  };

  it.each(["nova-3", "nova-2-general"])("knows the model %s", async (model) => {
    expect(await run(model)).toMatchObject({ outcome: "ok", found: expect.stringContaining("is known") });
  });

  it("tells a model that does not exist, and some that do", async () => {
    expect(await run("nova-9", ["nova-3", "nova-2"])).toMatchObject({
      outcome: "fail",
      fix: "set DEEPGRAM_MODEL to one of them, such as nova-3, nova-2",
    });
  });

  it.each([
    ["flux-general-en", ["nova-3"]],
    ["0c1e3e2a-5b7d-4f0e-9d5a-1a2b3c4d5e6f", ["nova-3"]],
    ["nova-3", []],
  ])("says nothing of the model %s where the list does not tell", async (model, models) => {
    expect(await run(model, models)).toMatchObject({
      outcome: "ok",
      found: expect.stringContaining("not told"),
    });
  });

  it("accepts a key that may not manage projects", async () => {
    expect(await run("nova-3", undefined, [{ type: "status", status: 403 }])).toMatchObject({
      outcome: "ok",
    });
  });
});

describe("the check of Deepgram's voice", () => {
  const run = async (voices: readonly string[], label?: string, model?: string) => {
    const standIn = opened(await startDeepgramStandIn({ clock, apiKey: KEY, voices }));
    const options = { clock, apiKey: KEY, baseUrl: standIn.origin, limit, label, model };
    return deepgramCheck({ ...options, voiceModel: "aura-2-thalia-en" }).run();
  };

  it("knows a voice, beside the model that hears where that is used too", async () => {
    const voice = "the model aura-2-thalia-en is known";
    expect(await run(["aura-2-thalia-en"])).toEqual({
      outcome: "ok",
      found: `the key is accepted, and ${voice}`,
    });
    expect(await run(["aura-2-thalia-en"], undefined, "nova-3")).toEqual({
      outcome: "ok",
      found: `the key is accepted, and the model nova-3 is known, and ${voice}`,
    });
  });

  it("tells one that is none, and the variable of the label", async () => {
    expect(await run(["aura-2-luna-en"], "eu-2")).toEqual({
      outcome: "fail",
      wrong: "the model aura-2-thalia-en is not among Deepgram's models",
      fix: "set DEEPGRAM_EU_2_VOICE_MODEL to one of them, such as aura-2-luna-en",
    });
  });
});

describe("the check of OpenAI", () => {
  const run = async (account: OpenAiAccount) => {
    const standIn = opened(await startOpenAiStandIn({ clock, account }));
    const options = { clock, apiKey: KEY, baseUrl: `${standIn.origin}/v1`, model: "gpt/test 1", limit };
    return openAiCheck(options).run();
  };

  it("knows a model of the account, and tells one that is none", async () => {
    expect(await run({ models: ["gpt/test 1"] })).toMatchObject({ outcome: "ok" });
    expect(await run({ models: ["gpt-other"] })).toMatchObject({
      outcome: "fail",
      wrong: expect.stringContaining("gpt/test 1 does not exist"),
      fix: expect.stringContaining("OPENAI_MODEL"),
    });
  });

  it("asks for the model that hears as well, and names what belongs to a label", async () => {
    const standIn = opened(await startOpenAiStandIn({ clock, account: { models: ["thinks"] } }));
    const options = { clock, apiKey: KEY, baseUrl: `${standIn.origin}/v1`, limit, label: "backup" };
    const check = openAiCheck({ ...options, model: "thinks", transcriptionModel: "hears" });
    expect(check.name).toBe("OpenAI (backup)");
    expect(await check.run()).toMatchObject({
      outcome: "fail",
      wrong: expect.stringContaining("hears does not exist"),
      fix: "set OPENAI_BACKUP_TRANSCRIPTION_MODEL to a model of this account",
    });
    expect(await openAiCheck({ ...options, model: "thinks" }).run()).toMatchObject({ outcome: "ok" });
  });

  it("is skipped where a compatible server tells no models", async () => {
    expect(await run({ models: "untold" })).toMatchObject({
      outcome: "skip",
      why: expect.stringContaining("404"),
    });
  });
});

describe("the checks of ElevenLabs", () => {
  const subscription = async (data: ElevenLabsAccount["subscription"] & object) => {
    const { account } = await elevenLabs(KEY, { subscription: data });
    return elevenLabsSubscriptionCheck(account).run();
  };

  it("tell a voice that the account has not got", async () => {
    const { account } = await elevenLabs(KEY, { voices: ["v2"] });
    expect(await elevenLabsVoiceCheck({ ...account, voice: "v1" }).run()).toMatchObject({
      outcome: "fail",
      wrong: "the account has no voice v1",
      fix: expect.stringContaining("ELEVENLABS_VOICE_ID"),
    });
  });

  it("name what belongs to a label", async () => {
    const { account } = await elevenLabs(KEY, { voices: ["v2"] });
    const check = elevenLabsVoiceCheck({ ...account, voice: "v1", label: "x" });
    expect(check.name).toBe("ElevenLabs voice (x)");
    expect(await check.run()).toMatchObject({ fix: expect.stringContaining("ELEVENLABS_X_VOICE_ID") });
    const refused = elevenLabsSubscriptionCheck({ ...account, apiKey: "wrong", label: "x" });
    expect(await line(refused)).toMatch(
      /^fail {2}ElevenLabs subscription \(x\): .* set ELEVENLABS_X_API_KEY to /,
    );
  });

  it("tell a subscription that is not paid, or used up", async () => {
    expect(await subscription({ status: "past_due" })).toMatchObject({
      outcome: "fail",
      wrong: "the starter subscription is past_due",
    });
    expect(await subscription({ used: 500, limit: 500 })).toMatchObject({
      outcome: "fail",
      wrong: "all 500 characters of the starter subscription are used up",
    });
    expect(await subscription({ used: 400, limit: 500 })).toMatchObject({
      outcome: "ok",
      found: expect.stringContaining("100 of 500 characters are left"),
    });
  });

  it("are skipped for a key without the permission, and for an answer that the package refuses", async () => {
    const word = { detail: { status: "missing_permissions", message: "No user_read." } };
    await servingJson(401, word, async (origin) => {
      const check = elevenLabsSubscriptionCheck({ clock, apiKey: KEY, baseUrl: origin, limit });
      expect(await check.run()).toMatchObject({
        outcome: "skip",
        why: expect.stringContaining("permission"),
      });
    });
    await servingJson(200, { tier: "starter" }, async (origin) => {
      const check = elevenLabsSubscriptionCheck({ clock, apiKey: KEY, baseUrl: origin, limit });
      expect(await check.run()).toMatchObject({
        outcome: "skip",
        why: expect.stringContaining("understands"),
      });
    });
  });
});

describe("the checks of Twilio", () => {
  const number = async (
    routing: Partial<TwilioNumber>,
    phoneNumber: string | undefined = NUMBER,
  ): Promise<Verdict> => {
    const { account } = await twilio(KEY, [{ phone_number: NUMBER, voice_url: WEBHOOK, ...routing }]);
    return twilioNumberCheck({ ...account, phoneNumber, publicUrl: PUBLIC_URL, loopback: false }).run();
  };
  const setting = `set "A call comes in" to Webhook, ${WEBHOOK}, HTTP POST`;

  it("tell an account that is suspended, or unknown", async () => {
    const { account } = await twilio(KEY, [], "suspended");
    expect(await twilioAccountCheck(account).run()).toMatchObject({ wrong: "the account is suspended" });
    const { standIn } = await twilio(KEY);
    standIn.inject({ type: "status", status: 404 });
    const unknown = twilioAccountCheck({ ...account, apiBaseUrl: standIn.origin });
    expect(await unknown.run()).toMatchObject({ wrong: `Twilio knows no account ${ACCOUNT}` });
  });

  it.each([
    ["a wrong voice URL", { voice_url: `${PUBLIC_URL}/voice` }, `is "${PUBLIC_URL}/voice"`],
    ["a slash too many", { voice_url: `${WEBHOOK}/` }, `is "${WEBHOOK}/"`],
    ["no voice URL", { voice_url: "" }, "is not set"],
    ["the wrong method", { voice_method: "GET" }, "with GET, not POST"],
    ["a trunk", { trunk_sid: "TK1" }, "belongs to the SIP trunk TK1"],
    ["a TwiML app", { voice_application_sid: "AP1" }, "the TwiML app AP1"],
  ])("tell %s, and exactly what to set where", async (_, routing, wrong) => {
    expect(await number(routing)).toMatchObject({
      outcome: "fail",
      wrong: expect.stringContaining(wrong),
      fix: expect.stringContaining(setting),
    });
  });

  it("tell a number that is not the account's, or takes no calls", async () => {
    expect(await number({ phone_number: "+15550100002" })).toMatchObject({
      wrong: `the account has no number ${NUMBER}`,
    });
    expect(await number({ capabilities: { voice: false, sms: true, mms: false } })).toMatchObject({
      wrong: `${NUMBER} takes no voice calls`,
    });
  });

  it("ask for a public address first, where there is none to give to Twilio", async () => {
    const { account } = await twilio(KEY, [{ phone_number: NUMBER, voice_url: WEBHOOK }]);
    const publicUrl = "http://127.0.0.1:8000";
    const check = twilioNumberCheck({ ...account, phoneNumber: NUMBER, publicUrl, loopback: true });
    const told = await line(check);
    expect(told).toContain("Fix: set PUBLIC_URL to an https origin that Twilio reaches");
    expect(told).toContain("to Webhook, PUBLIC_URL/api/phone/incoming, HTTP POST");
    expect(told).not.toContain("127.0.0.1");
  });

  it("are skipped without a number", async () => {
    const { account, standIn } = await twilio(KEY);
    const check = twilioNumberCheck({
      ...account,
      phoneNumber: undefined,
      publicUrl: PUBLIC_URL,
      loopback: false,
    });
    expect(await check.run()).toMatchObject({ outcome: "skip" });
    expect(standIn.log).toEqual([]);
  });
});

describe("the check of PUBLIC_URL", () => {
  const check = (publicUrl: string, loopback = true, at: typeof clock = clock) =>
    publicUrlCheck({ clock: at, publicUrl, loopback, limit }).run();

  it("is content when the server answers there", async () => {
    await servingJson(200, { status: "ok", service: "call" }, async (origin) => {
      expect(await check(origin)).toMatchObject({
        outcome: "ok",
        found: expect.stringContaining("npm run call"),
      });
    });
  });

  it("refuses plain http for an address that others reach, without a request", async () => {
    expect(await check("http://voice.example.com", false)).toMatchObject({
      outcome: "fail",
      wrong: expect.stringContaining("not https"),
    });
  });

  it("is skipped when no server runs here, and fails where one should be reached", async () => {
    let origin = "";
    await servingJson(200, {}, async (gone) => {
      origin = gone;
    });
    expect(await check(origin)).toMatchObject({ outcome: "skip", why: expect.stringContaining("npm start") });
    const secure = origin.replace("http:", "https:");
    expect(await check(secure, false)).toMatchObject({
      outcome: "fail",
      wrong: expect.stringContaining("(ECONNREFUSED)"),
    });
  });

  it.each([
    [200, { status: "up" }],
    [200, "<html>"],
    [502, { status: "ok" }],
  ])("tells another server: %i %j", async (status, body) => {
    await servingJson(status, body, async (origin) => {
      expect(await check(origin)).toMatchObject({
        outcome: "fail",
        wrong: expect.stringContaining(`/health answers ${status}`),
      });
    });
  });

  it("follows no redirect, and says where it leads", async () => {
    const redirect: RequestListener = (_, response) => {
      response.writeHead(302, { location: "https://login.example.com/" }).end();
    };
    await serving(redirect, async (origin) => {
      expect(await check(origin)).toMatchObject({
        wrong: expect.stringContaining("answers 302 to https://login.example.com/"),
      });
    });
  });

  it("reads no more of a long page than it needs, and waits no longer than its limit", async () => {
    const endless: RequestListener = (_, response) => {
      response.writeHead(200).write("x".repeat(80_000));
    };
    await serving(endless, async (origin) => {
      expect(await check(origin)).toMatchObject({ outcome: "fail", wrong: expect.stringContaining("200") });
    });
    const asked = Promise.withResolvers<void>();
    await serving(
      () => asked.resolve(),
      async (origin) => {
        const late = new ManualClock();
        const verdict = check(origin, true, late);
        await asked.promise;
        late.advanceTo(limit);
        expect(await verdict).toMatchObject({ outcome: "skip" });
      },
    );
  });
});

function servingJson(status: number, body: unknown, use: (origin: string) => Promise<void>): Promise<void> {
  return serving((_, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }, use);
}

async function serving(listener: RequestListener, use: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}

import twilio from "twilio";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import {
  startTwilioStandIn,
  type TwilioStandIn,
  type TwilioStandInOptions,
} from "../../src/simulation/stand-ins/twilio-stand-in.ts";

/** The vendor's own SDK, as it comes, against the stand-in. */

const ACCOUNT = `AC${"0".repeat(32)}`;
const TOKEN = "right-token";
const FROM = "+15550100001";
const TO = "+14155550100";
const url = "https://gw.example.com/api/phone/incoming";

let standIn: TwilioStandIn;

afterEach(() => standIn.close());

async function start(options: Partial<TwilioStandInOptions> = {}, token = TOKEN) {
  standIn = await startTwilioStandIn({
    clock: systemClock,
    accountSid: ACCOUNT,
    authToken: TOKEN,
    numbers: [{ phone_number: FROM }],
    ...options,
  });
  const client = twilio(ACCOUNT, token, { timeout: 1_500, edge: "", region: "" });
  client.api.baseUrl = standIn.origin;
  return client;
}

describe("the stand-in of Twilio's REST API", () => {
  it("creates, tells of, and ends a call", async () => {
    const client = await start();
    const call = await client.calls.create({ to: TO, from: FROM, url, statusCallbackEvent: ["ringing"] });
    expect(call).toMatchObject({
      to: TO,
      from: FROM,
      status: "queued",
      direction: "outbound-api",
      startTime: null,
    });
    expect(call.sid).toMatch(/^CA[0-9a-f]{32}$/);
    expect(call.dateCreated).toBeInstanceOf(Date);
    expect(standIn.created).toMatchObject([{ sid: call.sid, to: TO, from: FROM }]);
    expect(standIn.created[0]?.form.get("Url")).toBe(url);
    expect(await client.calls(call.sid).fetch()).toMatchObject({ sid: call.sid, endTime: null });
    const ended = await client.calls(call.sid).update({ status: "canceled" });
    expect(ended.status).toBe("canceled");
    expect(ended.endTime).toBeInstanceOf(Date);
    await expect(client.calls(call.sid).update({ status: "completed" })).rejects.toMatchObject({
      status: 404,
      code: 20404,
    });
  });

  it.each([
    ["a number that is none", { to: "+1", from: FROM, url }, 21211],
    ["its own number", { to: FROM, from: FROM, url }, 21211],
    ["from a number that is none", { to: TO, from: "anonymous", url }, 21212],
    ["from somebody else's number", { to: TO, from: "+15550100002", url }, 21210],
    ["without a document", { to: TO, from: FROM }, 21205],
    ["with a bad URL", { to: TO, from: FROM, url: "/incoming" }, 21205],
    ["with a bad host", { to: TO, from: FROM, url, statusCallback: "https://gw_1.example.com/" }, 21609],
    ["with too long a ring", { to: TO, from: FROM, url, timeout: 601 }, 20001],
  ])("refuses to call %s", async (_, order, code) => {
    const client = await start();
    await expect(client.calls.create(order)).rejects.toMatchObject({ status: 400, code });
    expect(standIn.created).toEqual([]);
  });

  it("lists calls newest first, filtered and in pages", async () => {
    const client = await start();
    const made: string[] = [];
    for (let call = 0; call < 5; call++) {
      made.unshift((await client.calls.create({ to: TO, from: FROM, url })).sid);
    }
    const other = await client.calls.create({ to: "+14155550101", from: FROM, url });
    await client.calls(other.sid).update({ status: "completed" });
    const sids = async (filter: object) => (await client.calls.list(filter)).map(({ sid }) => sid);
    expect(await sids({})).toEqual([other.sid, ...made]);
    expect(await sids({ to: TO, pageSize: 2 })).toEqual(made);
    expect(await sids({ to: TO, pageSize: 2, limit: 3 })).toEqual(made.slice(0, 3));
    expect(await sids({ from: "+15550100009" })).toEqual([]);
    expect(await sids({ status: "completed" })).toEqual([other.sid]);
    // What waits to be dialled has not started.
    expect(await sids({ startTimeAfter: new Date(0) })).toEqual([]);
  });

  it("lists a new call after a while only", async () => {
    const client = await start({ listingDelay: 60_000 });
    const { sid } = await client.calls.create({ to: TO, from: FROM, url });
    expect(await client.calls.list()).toEqual([]);
    expect(await client.calls(sid).fetch()).toMatchObject({ sid });
  });

  it("lets in nobody with other credentials", async () => {
    const client = await start({}, "wrong-token");
    const refused = { status: 401, code: 20003 };
    await expect(client.calls.create({ to: TO, from: FROM, url })).rejects.toMatchObject(refused);
    await expect(client.calls.list()).rejects.toMatchObject(refused);
    expect(standIn.created).toEqual([]);
  });

  it("knows no other call and no other path", async () => {
    const client = await start();
    const unknown = { status: 404, code: 20404 };
    await expect(client.calls(`CA${"0".repeat(32)}`).fetch()).rejects.toMatchObject(unknown);
    await expect(client.messages.list()).rejects.toMatchObject(unknown);
  });

  it("refuses with 429 and says when to come back", async () => {
    const client = await start({ retryAfter: 3 });
    standIn.inject({ type: "status", status: 429 });
    await expect(client.calls.create({ to: TO, from: FROM, url })).rejects.toMatchObject({
      status: 429,
      code: 20429,
    });
    expect(standIn.created).toEqual([]);
    standIn.inject({ type: "status", status: 429 });
    const response = await fetch(standIn.origin);
    expect(response.headers.get("retry-after")).toBe("3");
  });

  it("fails before a call is made, and after", async () => {
    const client = await start();
    const create = () => client.calls.create({ to: TO, from: FROM, url });
    standIn.inject({ type: "status", status: 503 }, { type: "drop", afterMessages: 0 });
    await expect(create()).rejects.toMatchObject({ status: 503 });
    await expect(create()).rejects.toThrow();
    expect(standIn.created).toHaveLength(0);
    standIn.injectAfterCreate({ type: "status", status: 500 }, { type: "drop", afterMessages: 0 });
    await client.calls.list(); // is no call that is made
    await expect(create()).rejects.toMatchObject({ status: 500 });
    await expect(create()).rejects.toThrow();
    expect(standIn.created).toHaveLength(2);
    expect(await create()).toMatchObject({ status: "queued" });
  });
});

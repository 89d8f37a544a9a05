import { afterEach, describe, expect, it } from "vitest";
import { FeedClient, type HttpFixture, httpFixture, listen, liveCall } from "./http-fixture.ts";

const headers = { authorization: "Bearer k-1" };
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(...options: Parameters<typeof httpFixture>): Promise<HttpFixture & { origin: string }> {
  const fixture = await httpFixture(...options);
  closers.push(() => fixture.close());
  return { ...fixture, origin: await listen(fixture) };
}

function feed(url: string, given: Record<string, string> = {}): FeedClient {
  const client = new FeedClient(url, given);
  closers.push(() => {
    client.socket.on("error", () => {});
    client.socket.terminate();
  });
  return client;
}

async function ticketFrom({ app }: HttpFixture, given: Record<string, string> = headers): Promise<string> {
  const response = await app.inject({ method: "POST", url: "/api/v1/live/tickets", headers: given });
  expect(response.statusCode).toBe(200);
  expect(response.headers["cache-control"]).toBe("no-store");
  expect(response.json()).toEqual({ ticket: expect.stringMatching(/^[\w.-]+$/), expires_in: 30 });
  return response.json().ticket;
}

const refused = { status: 401, code: "UNAUTHORIZED" };

describe("a ticket", () => {
  it("opens one live feed in place of the key", async () => {
    const fixture = await serve({ apiSecretKey: "k-1" });
    const ticket = await ticketFrom(fixture);
    await feed(`${fixture.origin}/ws/calls?ticket=${ticket}`).opened();
    expect(await feed(`${fixture.origin}/ws/calls?ticket=${ticket}`).refused()).toEqual(refused);
  });

  it("opens a transcript as well, from any origin", async () => {
    const fixture = await serve({ apiSecretKey: "k-1" });
    const url = `${fixture.origin}/ws/transcripts/${liveCall(fixture)}?ticket=${await ticketFrom(fixture)}`;
    await feed(url, { origin: "https://desk.example.com" }).opened();
  });

  it("is good for 30 seconds", async () => {
    const fixture = await serve({ apiSecretKey: "k-1" });
    const [first, second] = [await ticketFrom(fixture), await ticketFrom(fixture)];
    fixture.clock.advanceTo(30_000);
    await feed(`${fixture.origin}/ws/calls?ticket=${first}`).opened();
    fixture.clock.advanceTo(30_001);
    expect(await feed(`${fixture.origin}/ws/calls?ticket=${second}`).refused()).toEqual(refused);
  });

  it("costs the key", async () => {
    const { app } = await serve({ apiSecretKey: "k-1" });
    expect((await app.inject({ method: "POST", url: "/api/v1/live/tickets" })).statusCode).toBe(401);
  });

  it.each(["", "x", "1.2.3", "99999999999999.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])(
    "that was made up opens nothing: %j",
    async (ticket) => {
      const { origin } = await serve({ apiSecretKey: "k-1" });
      expect(await feed(`${origin}/ws/calls?ticket=${ticket}`).refused()).toEqual(refused);
    },
  );

  it("of another key opens nothing", async () => {
    const other = await serve({ apiSecretKey: "k-2" });
    const { origin } = await serve({ apiSecretKey: "k-1" });
    const ticket = await ticketFrom(other, { authorization: "Bearer k-2" });
    expect(await feed(`${origin}/ws/calls?ticket=${ticket}`).refused()).toEqual(refused);
  });

  it("is not spent when the key is there as well", async () => {
    const fixture = await serve({ apiSecretKey: "k-1" });
    const url = `${fixture.origin}/ws/calls?ticket=${await ticketFrom(fixture)}`;
    await feed(url, headers).opened();
    await feed(url).opened();
  });

  it("opens nothing but live feeds", async () => {
    const fixture = await serve({ apiSecretKey: "k-1" });
    const ticket = await ticketFrom(fixture);
    expect((await fixture.app.inject(`/metrics?ticket=${ticket}`)).statusCode).toBe(401);
  });

  it("is taken but not needed without a key, and does not make a foreign page ours", async () => {
    const fixture = await serve();
    const url = `${fixture.origin}/ws/calls?ticket=${await ticketFrom(fixture, {})}`;
    await feed(url).opened();
    expect(await feed(url, { origin: "https://evil.example.com" }).refused()).toEqual({
      status: 403,
      code: "FORBIDDEN",
    });
  });

  it("never reaches the log", async () => {
    const fixture = await serve({ apiSecretKey: "k-1" });
    const ticket = await ticketFrom(fixture);
    await fixture.app.inject(`/ws/calls?ticket=${ticket}`);
    expect(fixture.log.join("")).not.toContain(ticket);
  });
});

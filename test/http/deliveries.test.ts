import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anEndedCall, NOON } from "../contract/store-fixtures.ts";
import { httpFixture } from "./http-fixture.ts";

const fixture = await httpFixture();
const guarded = await httpFixture({ apiSecretKey: "k" });

beforeAll(async () => {
  const { store } = fixture;
  const sessions = [1, 2, 3];
  await store.calls.save(
    {
      calls: sessions.map((sessionId) => anEndedCall(sessionId)),
      deliveries: sessions.map((sessionId) => ({
        id: `d${sessionId}`,
        kind: "call-history" as const,
        sessionId,
        body: "{}",
        createdAt: NOON + sessionId,
      })),
    },
    "one",
  );
  await store.deliveries.take({ owner: "one", wall: NOON + 10, leaseUntil: NOON + 10_000, most: 2 });
  await store.deliveries.park("d1", "one", "answered 410");
  await store.deliveries.delivered("d2", NOON + 20);
});

afterAll(async () => {
  await fixture.close();
  await guarded.close();
});

const get = (query: string) => fixture.app.inject({ method: "GET", url: `/api/v1/deliveries${query}` });
const resend = (id: string) => fixture.app.inject({ method: "POST", url: `/api/v1/deliveries/${id}/resend` });

describe("GET /api/v1/deliveries", () => {
  it("lists them newest first, page by page", async () => {
    const all = await get("?page_size=2");
    expect(all.statusCode).toBe(200);
    expect(all.json()).toMatchObject({
      total: 3,
      deliveries: [
        { id: "d3", state: "owed", next_try_at: new Date(NOON + 3).toISOString() },
        { id: "d2", state: "delivered", delivered_at: new Date(NOON + 20).toISOString() },
      ],
    });
    expect((await get("?page_size=2&page=2")).json()).toMatchObject({ deliveries: [{ id: "d1" }] });
  });

  it("lists those in one state", async () => {
    expect((await get("?state=parked")).json()).toEqual({
      total: 1,
      deliveries: [
        {
          id: "d1",
          kind: "call-history",
          call_id: "call_1",
          state: "parked",
          attempts: 1,
          created_at: new Date(NOON + 1).toISOString(),
          next_try_at: null,
          delivered_at: null,
          last_problem: "answered 410",
        },
      ],
    });
  });

  it.each(["?state=lost", "?page=0", "?page_size=500"])("answers 400 for %s", async (query) => {
    expect((await get(query)).statusCode).toBe(400);
  });

  it("needs the key", async () => {
    expect((await guarded.app.inject({ url: "/api/v1/deliveries" })).statusCode).toBe(401);
    const post = await guarded.app.inject({ method: "POST", url: "/api/v1/deliveries/d1/resend" });
    expect(post.statusCode).toBe(401);
  });
});

describe("POST /api/v1/deliveries/{id}/resend", () => {
  it("owes a parked one again", async () => {
    const answer = await resend("d1");
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ id: "d1", state: "owed", attempts: 0 });
    expect((await get("?state=parked")).json()).toEqual({ total: 0, deliveries: [] });
  });

  it("answers 404 when there is none", async () => {
    const answer = await resend("d9");
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toEqual({ detail: "Delivery not found", code: "NOT_FOUND" });
  });
});

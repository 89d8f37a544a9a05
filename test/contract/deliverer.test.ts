import { jwtVerify } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import type { Deliveries } from "../../src/calls/deliveries.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { openStore } from "../../src/store/open-store.ts";
import { Deliverer } from "../../src/webhooks/deliverer.ts";
import { historyReceiver } from "../../src/webhooks/history-receiver.ts";
import { eventually } from "../support/call-desk.ts";
import { answering, type Behaviour, WebhookReceiver } from "../support/webhook-receiver.ts";
import { anEndedCall } from "./store-fixtures.ts";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const body = JSON.stringify({
  call_id: "call_1",
  phone_number: "+15005550001",
  end_time: "2026-01-01T00:00:00.000Z",
});

interface OwingOptions {
  readonly jwtSecret?: string;
  readonly allowPrivate?: boolean;
  readonly endpoint?: string;
  /** Whether attempts have their deadlines. Else they take no time: a machine that is slow runs into none of them. */
  readonly deadlines?: boolean;
}

/** A deliverer that owes something to a receiver; time stands still but for the tests that move it. */
async function owing(options: OwingOptions = {}) {
  const clock = new ManualClock();
  const store = await openStore({ dataDir: ":memory:", clock });
  closers.push(() => store.close());
  const receiver = await WebhookReceiver.start();
  closers.push(() => receiver.close());
  const outcomes: string[] = [];
  const errors: unknown[] = [];
  const { jwtSecret, allowPrivate = true, endpoint = receiver.url, deadlines = false } = options;
  const attempt = historyReceiver({
    endpoint,
    allowPrivate,
    clock: deadlines ? clock : withoutTimers(clock),
    ...(jwtSecret && { jwtSecret }),
  });
  const attempts = new UnderWay();
  const asked = new UnderWay();
  const start = (): Deliverer => {
    const deliverer = new Deliverer({
      deliveries: asked.counting(store.deliveries),
      attempt: (delivery, signal) => attempts.count(attempt(delivery, signal)),
      owner: "one",
      clock,
      onTry: (outcome, _id, problem) => outcomes.push(problem ? `${outcome}: ${problem}` : outcome),
      onError: (error) => errors.push(error),
    });
    closers.push(() => deliverer.close());
    deliverer.start();
    return deliverer;
  };
  await store.calls.beat("one", clock.wall());
  const owe = (sessionId: number): Promise<unknown> =>
    store.calls.save(
      {
        calls: [anEndedCall(sessionId)],
        deliveries: [{ id: `d${sessionId}`, kind: "call-history", sessionId, body, createdAt: clock.wall() }],
      },
      "one",
    );
  await owe(1);
  /**
   * Lets so much time pass, in steps, with all the real time that sockets and the store want in between; only `stalled`
   * attempts are not waited for.
   */
  const pass = async (ms: number, step = 1_000, stalled = 0): Promise<void> => {
    for (const end = clock.now() + ms; clock.now() < end; ) {
      await clock.settleTo(Math.min(end, clock.now() + step));
      await new Promise((resolve) => setTimeout(resolve, 4));
      await eventually(
        () => attempts.number <= stalled && asked.number === 0,
        "the store and the receiver have answered",
        30_000,
      );
    }
  };
  const tries = (count: number) =>
    eventually(async () => outcomes.length >= count, `${count} tries; ${outcomes.join(", ")}`, 30_000);
  return { clock, store, receiver, outcomes, errors, start, owe, pass, tries };
}

describe("what is owed", () => {
  it("goes out once, as JSON, with its key", async () => {
    const { store, receiver, outcomes, errors, start, tries } = await owing();
    start();
    await tries(1);
    expect(outcomes).toEqual(["delivered"]);
    expect(receiver.posts).toHaveLength(1);
    expect(receiver.posts[0]).toMatchObject({
      path: "/calls",
      body,
      headers: { "idempotency-key": "d1", "content-type": "application/json" },
    });
    expect(receiver.posts[0]?.headers.authorization).toBeUndefined();
    expect(await store.deliveries.find("d1")).toMatchObject({ state: "delivered", attempts: 1 });
    expect(errors).toEqual([]);
  });

  it("is tried again and again, the same each time, signed anew", async () => {
    const { clock, store, receiver, outcomes, start, pass, tries } = await owing({ jwtSecret: "s3cret" });
    receiver.usual = answering(500);
    start();
    await tries(1);
    while (outcomes.length < 4) await pass(1_000);
    expect(
      new Set(receiver.posts.map((post) => `${post.headers["idempotency-key"]} ${post.body}`)).size,
    ).toBe(1);
    const ids = await Promise.all(
      receiver.posts.map(async ({ headers }) => (await verified(headers.authorization, clock)).jti),
    );
    expect(new Set(ids).size).toBe(ids.length);
    receiver.usual = answering(204);
    while (outcomes.at(-1) !== "delivered") await pass(10_000, 5_000);
    expect(await store.deliveries.find("d1")).toMatchObject({ state: "delivered", lastProblem: null });
  });

  it("carries a token that names the call", async () => {
    const { clock, receiver, start, tries } = await owing({ jwtSecret: "s3cret" });
    start();
    await tries(1);
    const claims = await verified(receiver.posts[0]?.headers.authorization, clock);
    const now = Math.floor(clock.wall() / 1000);
    expect(claims).toEqual({
      phone_number: "+15005550001",
      timestamp: "2026-01-01T00:00:00.000Z",
      iat: now,
      exp: now + 300,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it.each([
    ["500", answering(500), "failed: answered 500"],
    ["503", answering(503), "failed: answered 503"],
    ["408", answering(408), "failed: answered 408"],
    ["425", answering(425), "failed: answered 425"],
    ["429", answering(429), "failed: answered 429"],
    ["a reset", { kind: "reset" }, "failed: "],
  ] satisfies [string, Behaviour, string][])("is tried again after %s", async (_what, behaviour, outcome) => {
    const { receiver, outcomes, start, pass, tries } = await owing();
    receiver.behaviours.push(behaviour);
    start();
    await tries(1);
    expect(outcomes[0]).toContain(outcome);
    while (outcomes.length < 2) await pass(1_000);
    expect(outcomes[1]).toBe("delivered");
    expect(receiver.posts).toHaveLength(2);
  });

  it.each([
    ["400", answering(400)],
    ["401", answering(401)],
    ["404", answering(404)],
    ["410", answering(410)],
    ["a redirect", answering(307, { location: "/elsewhere" })],
  ])("is given up at once after %s", async (_what, behaviour) => {
    const { store, receiver, outcomes, start, pass, tries } = await owing();
    receiver.behaviours.push(behaviour);
    start();
    await tries(1);
    await pass(60_000, 10_000);
    expect(outcomes).toEqual([`parked: answered ${(behaviour as { status: number }).status}`]);
    expect(receiver.posts.map(({ path }) => path)).toEqual(["/calls"]);
    expect(await store.deliveries.counts()).toEqual({ owed: 0, parked: 1 });
    await store.deliveries.resend("d1", 0);
    await pass(2_000);
    await tries(2);
    expect(outcomes[1]).toBe("delivered");
    expect(receiver.posts[1]?.headers["idempotency-key"]).toBe("d1");
  });

  it.each([
    ["no answer", { kind: "stall", after: "nothing" }, "no answer within 10000 ms"],
    ["no end of the answer", { kind: "stall", after: "headers" }, "no end of the answer within 10000 ms"],
  ] satisfies [string, Behaviour, string][])(
    "is tried again when there is %s",
    async (_what, behaviour, problem) => {
      const { store, receiver, outcomes, start, pass, tries } = await owing({ deadlines: true });
      receiver.behaviours.push(behaviour);
      start();
      await eventually(async () => receiver.posts.length === 1, "the first try", 30_000);
      await new Promise((resolve) => setTimeout(resolve, 1_000)); // the answer's headers are on their way
      await pass(9_000, 1_000, 1);
      expect(outcomes).toEqual([]);
      await pass(1_000);
      await tries(1);
      expect(outcomes).toEqual([`failed: ${problem}`]);
      expect((await store.deliveries.find("d1"))?.lastProblem).toBe(problem);
      while (outcomes.length < 2) await pass(1_000);
      expect(outcomes[1]).toBe("delivered");
    },
  );

  it.each([
    ["seconds", () => "100"],
    ["a date", (wall: number) => new Date(wall + 100_000).toUTCString()],
  ])("waits as long as the receiver wants, in %s, over a restart too", async (_what, header) => {
    const { clock, receiver, outcomes, start, pass, tries } = await owing();
    receiver.behaviours.push(answering(429, { "retry-after": header(clock.wall()) }));
    const first = start();
    await tries(1);
    await pass(50_000, 5_000);
    await first.close();
    start();
    await pass(48_000, 5_000);
    expect(receiver.posts).toHaveLength(1);
    await pass(5_000);
    expect(outcomes).toHaveLength(2);
    expect(outcomes[1]).toBe("delivered");
  });

  it("is tried soon after a restart, however long it was to wait", async () => {
    const { receiver, outcomes, start, pass, tries } = await owing();
    receiver.usual = answering(500);
    const first = start();
    await tries(1);
    await pass(3_600_000, 20_000);
    await first.close();
    receiver.usual = answering(200);
    const before = outcomes.length;
    start();
    await tries(before + 1);
    expect(outcomes.at(-1)).toBe("delivered");
  });

  it("is given up after a day", async () => {
    const { clock, store, receiver, outcomes, start, pass, tries } = await owing();
    receiver.usual = answering(500);
    start();
    await tries(1);
    while (!outcomes.at(-1)?.startsWith("parked")) await pass(600_000, 200_000);
    expect(outcomes.at(-1)).toBe("parked: given up after a day: answered 500");
    expect(clock.now()).toBeGreaterThanOrEqual(24 * 3_600_000);
    expect(outcomes.length).toBeGreaterThan(12);
    expect(await store.deliveries.counts()).toEqual({ owed: 0, parked: 1 });
  });

  it("goes to four at one time at most", async () => {
    const { receiver, outcomes, owe, start, pass } = await owing({ deadlines: true });
    for (let call = 2; call <= 9; call++) await owe(call);
    receiver.behaviours.push(
      ...Array.from({ length: 4 }, () => ({ kind: "stall", after: "nothing" }) as const),
    );
    start();
    await eventually(async () => receiver.posts.length === 4, "four tries", 30_000);
    await pass(8_000, 1_000, 4);
    expect(receiver.posts).toHaveLength(4);
    await pass(2_000, 1_000, 4);
    while (outcomes.filter((outcome) => outcome === "delivered").length < 9) await pass(1_000);
    expect(new Set(receiver.posts.map(({ headers }) => headers["idempotency-key"])).size).toBe(9);
  });

  it("is tried again after a stop that broke it off", async () => {
    const { store, receiver, start, tries } = await owing();
    receiver.behaviours.push({ kind: "stall", after: "nothing" });
    const first = start();
    await eventually(async () => receiver.posts.length === 1, "the first try", 30_000);
    await first.close();
    start();
    await tries(2);
    expect(receiver.posts).toHaveLength(2);
    expect(await store.deliveries.find("d1")).toMatchObject({ state: "delivered" });
  });

  it.each([
    ["http://127.0.0.1:9/calls"],
    ["http://localhost:9/calls"],
    ["http://[::1]:9/"],
    ["http://169.254.169.254/"],
  ])("does not go to %s in production", async (endpoint) => {
    const { store, outcomes, start, tries } = await owing({ allowPrivate: false, endpoint });
    start();
    await tries(1);
    expect(outcomes[0]).toMatch(/^failed: \S+ is not a public address/);
    expect(await store.deliveries.counts()).toEqual({ owed: 1, parked: 0 });
  });
});

/** Counts what is not answered yet. */
class UnderWay {
  number = 0;

  async count<Answer>(work: Promise<Answer>): Promise<Answer> {
    this.number++;
    try {
      return await work;
    } finally {
      this.number--;
    }
  }

  /** The same, all questions to it counted. */
  counting(deliveries: Deliveries): Deliveries {
    return new Proxy(deliveries, {
      get: (target, name: keyof Deliveries) => {
        const method = target[name] as (...given: unknown[]) => Promise<unknown>;
        return (...given: unknown[]) => this.count(method.apply(target, given));
      },
    });
  }
}

/** A clock on which nothing ever becomes due. */
function withoutTimers(clock: Clock): Clock {
  return { now: () => clock.now(), wall: () => clock.wall(), after: () => () => {} };
}

async function verified(authorization: string | undefined, clock: ManualClock) {
  const token = authorization?.replace(/^Bearer /, "") ?? "";
  const { payload } = await jwtVerify(token, new TextEncoder().encode("s3cret"), {
    algorithms: ["HS256"],
    currentDate: new Date(clock.wall()),
    maxTokenAge: "1 year",
  });
  return payload;
}

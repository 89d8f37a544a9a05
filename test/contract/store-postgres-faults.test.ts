import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, NOON } from "./store-fixtures.ts";
import { afterTest, newDatabase, onServer, opened, postgresUrl, saveCalls } from "./store-harness.ts";

const unavailable = { name: "GatewayError", code: "STORE_UNAVAILABLE" };

function open(databaseUrl: string): Promise<Store> {
  return opened({ databaseUrl, dataDir: "unused", clock });
}

describe.skipIf(postgresUrl === undefined)("a DATABASE_URL that does not work", () => {
  const changed = (change: Partial<URL>) => Object.assign(new URL(postgresUrl ?? ""), change).href;

  it.each([
    ["is no URL", "se cret", () => "se cret"],
    ["is another database's", "hunter2", () => "mysql://root:hunter2@127.0.0.1/calls"],
    [
      "has a number for a port that is none",
      "hunter2",
      () => "postgresql://root:hunter2@127.0.0.1:99999/calls",
    ],
    ["has a wrong password", "hunter2", () => changed({ password: "hunter2" })],
    ["has a wrong database", "pass%2Fword", () => changed({ pathname: "/nowhere" })],
    ["leads nowhere", "pass%2Fword", () => changed({ port: "1" })],
    ["has a host that there is not", "pass%2Fword", () => changed({ hostname: "database.invalid" })],
  ])("and %s is refused in one line without the password", async (_, secret, url) => {
    const error: unknown = await openStore({ databaseUrl: url(), dataDir: "unused", clock }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ name: "GatewayError", code: "CONFIG_INVALID" });
    const { message } = error as Error;
    expect(message).toMatch(/^DATABASE_URL[^\n]+$/);
    expect(message).not.toContain(secret);
    expect(message).not.toContain(decodeURIComponent(secret));
  });
});

/** A way to the server that can be cut, or go silent. */
async function openProxy(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let silent = false;
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(from);
        from.on("data", (data) => void (silent || to.write(data)));
        from.on("error", () => {});
        from.on("close", () => to.destroy());
      }
    }).listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as { port: number };
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  afterTest(cut);
  return {
    url: Object.assign(new URL(url), {
      port: String(port),
      search: "?statement_timeout=2000&query_timeout=3000",
    }).href,
    cut,
    async mend() {
      server = await listen(port);
    },
    fallSilent(now: boolean) {
      silent = now;
    },
  };
}

describe.skipIf(postgresUrl === undefined)("a PostgreSQL that cannot be reached", () => {
  it("makes everything reject, and works again when it is back", async () => {
    const proxy = await openProxy(await newDatabase());
    const store = await open(proxy.url);
    await saveCalls(store, [aCall(1)]);
    await proxy.cut();
    await expect(store.check()).rejects.toMatchObject(unavailable);
    await expect(saveCalls(store, [aCall(2)])).rejects.toMatchObject(unavailable);
    await expect(store.batches.settle(NOON)).rejects.toMatchObject(unavailable);
    await proxy.mend();
    await store.check();
    expect(await store.calls.call(1)).toEqual(aCall(1));
    expect(await store.calls.call(2)).toBeUndefined();
  });

  it("is given up when it falls silent, with the connection", async () => {
    const proxy = await openProxy(await newDatabase());
    const store = await open(proxy.url);
    proxy.fallSilent(true);
    await expect(store.calls.reserve("session", 1)).rejects.toMatchObject(unavailable);
    proxy.fallSilent(false);
    expect(await store.calls.reserve("session", 1)).toBe(1);
  });

  it("survives that the server ends every connection", async () => {
    const url = await newDatabase();
    const store = await open(url);
    await Promise.all(Array.from({ length: 5 }, () => store.check()));
    const ended = await onServer((client) =>
      client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'earshot' and datname = $1",
        [new URL(url).pathname.slice(1)],
      ),
    );
    expect(ended.rowCount).toBeGreaterThan(0);
    await expect
      .poll(() =>
        store.check().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it("gives up a statement that waits too long for a lock", async () => {
    const url = await newDatabase();
    const store = await open(`${url}?statement_timeout=1000`);
    await saveCalls(store, [aCall(1)]);
    await onServer(async (client) => {
      await client.query("begin");
      await client.query("lock table calls in access exclusive mode");
      await expect(saveCalls(store, [anEndedCall(1)])).rejects.toMatchObject(unavailable);
      await client.query("rollback");
    }, url);
    await saveCalls(store, [anEndedCall(1)]);
    expect(await store.calls.call(1)).toEqual(anEndedCall(1));
  });

  it("finishes what it was asked for before it is closed, and nothing after", async () => {
    const url = await newDatabase();
    const store = await open(url);
    const saves = Array.from({ length: 30 }, (_, index) => saveCalls(store, [aCall(index + 1)]));
    const closes = [store.close(), store.close()];
    await expect(store.check()).rejects.toMatchObject(unavailable);
    await Promise.all([...saves, ...closes]);
    expect((await (await open(url)).calls.calls({ offset: 0, limit: 1 })).total).toBe(30);
  });
});

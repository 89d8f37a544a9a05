import { beforeEach, expect, it } from "vitest";
import { LiveClient } from "../../../src/http/live/live-client.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { SlowSocket } from "./slow-socket.ts";

let clock: ManualClock;
let socket: SlowSocket;
let client: LiveClient;

beforeEach(() => {
  clock = new ManualClock();
  socket = new SlowSocket();
  client = new LiveClient({
    socket,
    clock,
    droppedNotice: (count) => ({ dropped: count }),
    onClosed: () => {},
  });
  client.start();
});

function fill(): void {
  client.send({ n: 0 });
  socket.bufferedAmount = 1024 * 1024;
}

it("sends at once while the client reads", () => {
  client.send({ n: 1 });
  client.send({ n: 2 });
  expect(socket.sent).toEqual([{ n: 1 }, { n: 2 }]);
});

it("keeps messages in order while the socket is full, and sends them when it drains", () => {
  fill();
  client.send({ n: 1 });
  client.send({ n: 2 });
  expect(socket.sent).toEqual([{ n: 0 }]);
  socket.drain();
  expect(socket.sent).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
});

it("keeps 256 and drops the oldest beyond them, and says how many are missing", () => {
  fill();
  for (let n = 1; n <= 300; n++) client.send({ n });
  socket.drain();
  expect(socket.sent.slice(1, 3)).toEqual([{ dropped: 44 }, { n: 45 }]);
  expect(socket.sent).toHaveLength(1 + 1 + 256);
  expect(socket.sent.at(-1)).toEqual({ n: 300 });
});

it("finishes after all that waits, and sends nothing later", () => {
  fill();
  client.send({ n: 1 });
  client.finish({ last: true });
  client.send({ n: 2 });
  expect(socket.closedWith).toBeUndefined();
  socket.drain();
  expect(socket.sent).toEqual([{ n: 0 }, { n: 1 }, { last: true }]);
  expect(socket.closedWith).toBe(1000);
});

it("pings every 30 s and cuts off a client that was silent since the last ping", () => {
  clock.advanceTo(30_000);
  socket.emit("pong");
  clock.advanceTo(60_000);
  expect({ pings: socket.pings, terminated: socket.terminated }).toEqual({ pings: 2, terminated: false });
  clock.advanceTo(90_000);
  expect({ pings: socket.pings, terminated: socket.terminated }).toEqual({ pings: 2, terminated: true });
});

it("arms nothing once it is closed", () => {
  socket.emit("close");
  client.send({ n: 1 });
  expect(clock.armed).toBe(0);
  expect(socket.sent).toEqual([]);
});

/** Lets everything happen that waits for nothing. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

it("sends many at the client's own speed, and drops none of them", async () => {
  fill();
  const messages = Array.from({ length: 1_000 }, (_, n) => ({ n: n + 1 }));
  const sending = client.sendAll(messages);
  await settled();
  expect(socket.sent).toHaveLength(1);
  for (let drained = 0; drained < 10; drained++) {
    socket.drain();
    socket.bufferedAmount = 1024 * 1024;
    await settled();
  }
  socket.drain();
  await sending;
  expect(socket.sent.slice(1)).toEqual(messages);
});

it("stops sending many when the client goes", async () => {
  fill();
  const sending = client.sendAll(Array.from({ length: 1_000 }, (_, n) => ({ n })));
  await settled();
  socket.emit("close");
  await sending;
  expect(client.closed).toBe(true);
  expect(socket.sent).toHaveLength(1);
});

it("closes at once when told why", () => {
  fill();
  client.send({ n: 1 });
  client.close(1013, "try again later");
  socket.drain();
  expect(socket.closedWith).toBe(1013);
  expect(socket.sent).toEqual([{ n: 0 }]);
});

import { EventEmitter } from "node:events";
import { beforeEach, expect, it } from "vitest";
import { LiveClient, type LiveSocket } from "../../../src/http/live/live-client.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

/** A socket whose peer reads nothing until it is told to. */
class SlowSocket extends EventEmitter implements LiveSocket {
  readonly sent: unknown[] = [];
  bufferedAmount = 0;
  closedWith: number | undefined;
  terminated = false;
  pings = 0;
  readonly #waiting: ((error?: Error) => void)[] = [];

  send(text: string, done: (error?: Error) => void): void {
    this.sent.push(JSON.parse(text));
    this.#waiting.push(done);
  }

  ping(): void {
    this.pings++;
  }

  close(code: number): void {
    this.closedWith = code;
  }

  terminate(): void {
    this.terminated = true;
  }

  drain(): void {
    this.bufferedAmount = 0;
    for (const done of this.#waiting.splice(0)) done();
  }
}

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

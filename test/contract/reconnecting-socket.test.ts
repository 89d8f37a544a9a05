import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { ReconnectingSocket } from "../../src/providers/sockets/reconnecting-socket.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { GatewayError } from "../../src/runtime/errors.ts";

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => socket.close(1011, "NET-0001"));
  await new Promise((resolve) => server.once("listening", resolve));
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

/** How a vendor's close is told. */
async function lossOf(reasonsAreCodes: boolean): Promise<GatewayError> {
  const { promise, resolve } = Promise.withResolvers<GatewayError>();
  const socket = new ReconnectingSocket(
    {
      vendor: "Vendor",
      mostUnsent: 1_000,
      refusal: (status) => new GatewayError("PROVIDER_REFUSED", String(status)),
      reasonsAreCodes,
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      headers: {},
      clock: systemClock,
      random: () => 0.5,
      connectDeadline: 5_000,
      closeDeadline: 500,
    },
    { opened: () => {}, message: () => {}, lost: resolve },
  );
  socket.open();
  const loss = await promise;
  await socket.close();
  return loss;
}

it("names the reason of a close where reasons are codes", async () => {
  expect((await lossOf(true)).message).toBe("Vendor: closed with 1011 NET-0001");
});

it("keeps a reason to the cause that may quote the caller", async () => {
  const { message, cause } = await lossOf(false);
  expect([message, (cause as Error).message]).toEqual(["Vendor: closed with 1011", "NET-0001"]);
});

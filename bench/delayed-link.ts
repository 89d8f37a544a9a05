import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { systemClock } from "../src/runtime/clock.ts";

export interface DelayedLink {
  /** To dial instead of the server. */
  readonly origin: string;
  close(): Promise<void>;
}

/** A network between phone and gateway: every byte arrives so many ms later, in each direction. */
export async function startDelayedLink(server: string, delay: number): Promise<DelayedLink> {
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect({ host: hostname, port: Number(port) });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (data) => systemClock.after(delay, () => to.writable && to.write(data)));
      from.on("end", () => systemClock.after(delay, () => to.end()));
      from.on("error", () => to.destroy());
      from.on("close", () => sockets.delete(from));
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    origin: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, "close");
    },
  };
}

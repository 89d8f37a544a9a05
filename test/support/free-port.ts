import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that systems give to whoever asks for any: nobody comes upon one by chance before it is used. */
const LOWEST = 20_000;
const HIGHEST = 31_999;

const given = new Set<number>();

/** A port of 127.0.0.1 that nobody uses now. Each is given once. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
}

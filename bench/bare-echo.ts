/**
 * The floor of what a media socket costs: sends every Twilio message back as it came, and knows nothing of it.
 * A program of its own for `npm run bench -- capacity`.
 */
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", (data) => socket.send(data, { binary: false }));
});
server.on("listening", () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: "ready", url: `http://127.0.0.1:${port}` }));
});
process.once("SIGINT", () => {
  for (const client of server.clients) client.terminate();
  server.close();
});

import type { SocketVendor } from "../sockets/reconnecting-socket.ts";
import { refusal } from "./deepgram-errors.ts";

/** What is particular to Deepgram's sockets. */
export const deepgramSocket: SocketVendor = {
  vendor: "Deepgram",
  mostUnsent: 240_000, // 30 s of audio
  refusal,
  reasonsAreCodes: true, // such as `NET-0001`
};

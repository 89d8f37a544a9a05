import type { SocketVendor } from "../sockets/reconnecting-socket.ts";
import { upgradeError } from "./transcription-error.ts";

/** What is particular to the service's sockets. */
export const transcriptionSocket: SocketVendor = {
  vendor: "openai transcription",
  mostUnsent: 480_000, // 45 s of audio in base64
  refusal: upgradeError,
  pingEvery: 10_000,
};

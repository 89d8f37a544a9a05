import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { beginsWithAnnouncement } from "../calls/announced-recording.ts";
import type { Call } from "../calls/call.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { RecordingTarget } from "../calls/recordings.ts";
import type { MediaSink } from "../pipeline/media-sink.ts";
import { answerPings } from "../runtime/answer-pings.ts";
import type { Clock } from "../runtime/clock.ts";
import { countProblem, mediaCounters } from "./media-counters.ts";
import { CloseCode, corkedSocket } from "./media-socket.ts";
import { MediaStreamSession } from "./media-stream-session.ts";
import type { SessionHost } from "./session-host.ts";

export interface MediaStreamServerOptions {
  readonly clock: Clock;
  readonly registry: CallRegistry;
  /** Whether the upgrade was signed by Twilio or, where signatures cannot be checked, may be its; asked before the 101. */
  readonly signatureIsValid: (request: IncomingMessage) => boolean;
  readonly claim: (token: string, sipCallId: string) => Promise<Call>;
  readonly conversation: (call: Call) => MediaSink;
  /** Who wants to be told every message of the call's stream. */
  readonly observer?: (call: Call) => ((raw: Buffer) => void) | undefined;
  /** Where a call is recorded; absent: nowhere. */
  readonly recording?: (call: Call) => RecordingTarget | undefined;
  /** Hears of faults of ours that ended a stream. */
  readonly onError: (error: unknown) => void;
}

/** Accepts media sockets, one for each call. It does not listen: `compose.ts` owns the one upgrade listener. */
export class MediaStreamServer {
  readonly counters = mediaCounters();
  readonly #options: MediaStreamServerOptions;
  readonly #sessions = new Map<number, MediaStreamSession>();
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false, // 372-byte messages of base64: it costs more than it saves
    skipUTF8Validation: true, // JSON.parse or the frame reader sees every byte anyway
    maxPayload: LARGEST_MESSAGE,
    autoPong: false,
  });

  constructor(options: MediaStreamServerOptions) {
    this.#options = options;
  }

  /** Begins to follow the calls: one that ends, or goes on elsewhere, closes its media socket. */
  start(): void {
    this.#options.registry.events.on("event", (event) => {
      const session = this.#sessions.get(event.sessionId);
      if (event.type === "call-ended") session?.finish(event.reason);
      else if (event.type === "media-lost" || event.type === "call-moved") session?.finish("media-lost");
    });
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#options.signatureIsValid(request)) {
      countProblem(this.counters, "bad-signature");
      refuseUpgrade(
        socket,
        403,
        "Forbidden",
        "The request is not signed by Twilio for this URL; check PUBLIC_URL.",
        "FORBIDDEN",
      );
      return;
    }
    if (this.#server.clients.size >= this.#options.registry.maxCalls * 2) {
      countProblem(this.counters, "no-line-free");
      refuseUpgrade(socket, 503, "Service Unavailable", "Too many media sockets are open.", "AT_CAPACITY");
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, socket));
  }

  /** Closes what is still open; calls should have ended before. */
  async close(): Promise<void> {
    for (const client of this.#server.clients) client.close(CloseCode.goingAway, "shutting down");
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(CLOSE_LIMIT, () => {
        for (const client of this.#server.clients) client.terminate();
      });
      this.#server.close(() => {
        cancel();
        resolve();
      });
    });
  }

  #serve(webSocket: WebSocket, connection: Duplex): void {
    const session = new MediaStreamSession(this.#host, corkedSocket(webSocket, connection));
    webSocket.on("message", (data, isBinary) => session.receive(data as Buffer, isBinary));
    answerPings(webSocket);
    webSocket.on("close", () => session.socketClosed());
    webSocket.on("error", (error) => {
      if ("code" in error && error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH")
        countProblem(this.counters, "too-large");
    });
    session.begin();
  }

  get #host(): SessionHost {
    const { clock, registry, claim, conversation, observer, recording, onError } = this.#options;
    return {
      clock,
      counters: this.counters,
      claim,
      conversation,
      ...(observer && { observer }),
      recording: (call) => {
        const target = recording?.(call);
        const said = registry.find(call.sessionId)?.transcript;
        return target && { target, fromAgent: beginsWithAnnouncement(call.profile, said) };
      },
      failed: onError,
      mediaStarted: (call, session, streamId) => {
        this.#sessions.set(call.sessionId, session);
        registry.publish(call.sessionId, { type: "media-started", streamId });
      },
      mediaEnded: (call, reason) => {
        this.#sessions.delete(call.sessionId);
        if (reason === "media-lost") registry.mediaLost(call.sessionId);
        else registry.end(call.sessionId, reason);
      },
    };
  }
}

/** Answers an upgrade that is not wanted, in the shape of every other error, and closes the connection. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  phrase: string,
  detail: string,
  code: string,
): void {
  const body = JSON.stringify({ detail, code });
  // Node takes its own listeners off before it emits 'upgrade': a reset would be an uncaught error.
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Twilio's own messages are below 1 KiB. In bytes; a larger one closes the socket with 1009. */
const LARGEST_MESSAGE = 64 * 1024;
/** How long the far side may take to answer a close frame, in ms. */
const CLOSE_LIMIT = 2_000;

import type { RawData, WebSocket } from "ws";
import type { Clock } from "../../runtime/clock.ts";
import type { DeepgramSession } from "./deepgram-session.ts";
import type { FaultedConnection } from "./fault-plan.ts";
import type { WireLog } from "./wire-log.ts";

/** The vendor closes a recogniser's connection on which nothing came for so long, in ms. */
const IDLE_LIMIT = 10_000;
const IDLE_REASON =
  "NET-0001 Deepgram did not receive audio data or a text message within the timeout window.";

export interface DeepgramConnectionParts {
  readonly number: number;
  readonly webSocket: WebSocket;
  readonly faults: FaultedConnection;
  readonly session: DeepgramSession;
  /** Whether a client that says nothing is let go. */
  readonly idles: boolean;
  readonly clock: Clock;
  readonly log: WireLog;
  /** An entry for every audio message, or one for each run of them. */
  readonly logAudio: boolean;
  ended(connection: DeepgramConnection): void;
}

/** One open socket of the stand-in: reads what comes, keeps the log, and ends idle callers. */
export class DeepgramConnection {
  readonly #parts: DeepgramConnectionParts;
  #receivedAt: number;
  #inAudio = false;

  constructor(parts: DeepgramConnectionParts) {
    this.#parts = parts;
    this.#receivedAt = parts.clock.now();
  }

  listen(): void {
    const { webSocket, faults } = this.#parts;
    webSocket.on("message", (data, isBinary) => this.#received(data, isBinary));
    webSocket.on("ping", (data) => {
      if (!faults.stalled) webSocket.pong(data);
    });
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", (code) => this.#closed(code));
  }

  /** Closes when nothing came for too long; to be called now and then. */
  checkIdle(now: number): void {
    if (!this.#parts.idles || now - this.#receivedAt < IDLE_LIMIT) return;
    this.#receivedAt = now;
    this.#parts.webSocket.close(1011, IDLE_REASON);
  }

  /** Stops the session's timers. */
  end(): void {
    this.#parts.session.end();
  }

  #received(data: RawData, isBinary: boolean): void {
    const { clock, log, number, session, logAudio } = this.#parts;
    this.#receivedAt = clock.now();
    if (isBinary) {
      const mulaw = data as Buffer;
      if (!this.#inAudio || logAudio) log.record(number, "in", "audio", `${mulaw.length} bytes`);
      this.#inAudio = true;
      session.audio(mulaw);
    } else {
      this.#inAudio = false;
      const message = readControl(String(data));
      const { type, text } = message;
      log.record(number, "in", String(type), ...(typeof text === "string" ? [text] : []));
      session.control(message);
    }
  }

  #closed(code: number): void {
    const { log, number, faults, ended } = this.#parts;
    log.record(number, "in", "close", String(code));
    faults.end();
    this.end();
    ended(this);
  }
}

/** What is not a JSON object has no type, and nothing comes of it. */
function readControl(data: string): { readonly type?: unknown; readonly text?: unknown } {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

import { WebSocket } from "ws";
import type { Clock } from "../../runtime/clock.ts";
import { deadline } from "../../runtime/deadline.ts";
import type { TranscriptEntry } from "./transcript-lines.ts";

const OPEN_LIMIT = 5_000;
const READ_LIMIT = 5_000;
/** The gateway gives the last utterances a second to be completed. */
const LAST_WORDS_LIMIT = 1_500;

export interface TranscriptClientOptions {
  readonly clock: Clock;
  /** Origin of the gateway. */
  readonly origin: string;
  /** `API_SECRET_KEY`, when the gateway has one. */
  readonly key: string | undefined;
}

/** Reads the transcript of one call from the gateway. What fails is left out: the call goes on without it. */
export class TranscriptClient {
  readonly #options: TranscriptClientOptions;
  #socket: WebSocket | undefined;

  constructor(options: TranscriptClientOptions) {
    this.#options = options;
  }

  /** Follows the live feed until {@link close}; `listener` gets every update, interim ones included. */
  follow(sessionId: string, listener: (entry: TranscriptEntry) => void): void {
    const url = `${this.#options.origin.replace(/^http/, "ws")}/ws/transcripts/${sessionId}`;
    const socket = new WebSocket(url, {
      headers: this.#headers(),
      perMessageDeflate: false,
      handshakeTimeout: OPEN_LIMIT,
      maxPayload: 1024 * 1024,
    });
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("message", (data) => {
      const message = parsed((data as Buffer).toString());
      if (message?.event !== "transcript_update") return;
      const entry = readEntry(message);
      if (entry !== undefined) listener(entry);
    });
  }

  /** Waits until the gateway has ended the feed, which it does when the call's last words are complete. */
  ended(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(LAST_WORDS_LIMIT, resolve);
      socket.once("close", () => {
        cancel();
        resolve();
      });
    });
  }

  /** Ends the live feed at once. */
  close(): void {
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  /** The whole transcript so far; undefined when the gateway does not give it. */
  async read(sessionId: string): Promise<readonly TranscriptEntry[] | undefined> {
    const { clock, origin } = this.#options;
    const limit = deadline(clock, READ_LIMIT, "Reading the transcript");
    try {
      const url = `${origin}/api/v1/calls/${sessionId}/transcript`;
      const response = await fetch(url, { headers: this.#headers(), signal: limit.signal });
      const body: unknown = await response.json();
      if (!response.ok || !Array.isArray(body)) return undefined;
      return body.flatMap((value) => readEntry(value) ?? []);
    } catch {
      return undefined;
    } finally {
      limit.done();
    }
  }

  #headers(): Record<string, string> {
    const { key } = this.#options;
    return key === undefined ? {} : { authorization: `Bearer ${key}` };
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readEntry(value: unknown): TranscriptEntry | undefined {
  const { id, speaker, text, timestamp, interim } = (value ?? {}) as Record<string, unknown>;
  const at = Date.parse(String(timestamp));
  if (typeof id !== "number" || typeof text !== "string" || Number.isNaN(at)) return undefined;
  if (speaker !== "customer" && speaker !== "ai_agent") return undefined;
  return { id, speaker, text, at, interim: interim === true };
}

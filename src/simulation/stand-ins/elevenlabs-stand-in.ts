import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Clock } from "../../runtime/clock.ts";
import { answerAccount } from "./account-answer.ts";
import { type ElevenLabsAccount, elevenLabsAccountAnswer, elevenLabsRefusal } from "./elevenlabs-account.ts";
import type { SpeechPace } from "./elevenlabs-context.ts";
import { serveSpeech } from "./elevenlabs-http.ts";
import { ElevenLabsSession } from "./elevenlabs-session.ts";
import { BuzzVoice } from "./elevenlabs-voice.ts";
import { FaultPlan } from "./fault-plan.ts";
import { Exchange } from "./openai-exchange.ts";
import type { SocketStandIn } from "./stand-in.ts";
import { refuseUpgrade, type StandInServer, startStandInServer } from "./stand-in-server.ts";
import { WireLog } from "./wire-log.ts";

export interface ElevenLabsStandInOptions {
  readonly clock: Clock;
  /** From a flush, or from the text that reached the schedule, to its first audio, in ms; default 100. */
  readonly firstByte?: number;
  /** How fast the voice speaks; default 15. */
  readonly charactersPerSecond?: number;
  /** Audio in one message, in ms; default 400. */
  readonly chunk?: number;
  /** How much faster than real time audio is sent; default 8. */
  readonly speed?: number;
  /** What `GET /v1/voices/{voice}` and `GET /v1/user/subscription` know; the key counts there only. */
  readonly account?: ElevenLabsAccount;
}

const SOCKET_PATH = /^\/v1\/text-to-speech\/([^/]+)\/(multi-stream-input|stream-input)$/;

/**
 * Text-to-speech by `multi-stream-input`, `stream-input` and HTTP (`/stream`, `/stream/with-timestamps`), in
 * `ulaw_8000`. Requests without `xi-api-key` get 401. Messages of faults count from the first one sent.
 * The log has `open` (the voice), `init`, `text` (the context, a space, the text), `threshold` (the schedule
 * started a generation), `flush`, `close_context`, `keep_alive`, `close_socket`, `request`; and `audio` (each
 * message of it), `isFinal`, `error`; the detail is the context. What imposed how much: `flush` to the first
 * `audio` of the context after it.
 */
export async function startElevenLabsStandIn(options: ElevenLabsStandInOptions): Promise<SocketStandIn> {
  const standIn = new ElevenLabsStandIn(options);
  await standIn.start();
  return standIn;
}

class ElevenLabsStandIn implements SocketStandIn {
  readonly #clock: Clock;
  readonly #voice: BuzzVoice;
  readonly #pace: SpeechPace;
  readonly #account: ElevenLabsAccount;
  readonly #faults = new FaultPlan();
  readonly #log: WireLog;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 1024 * 1024,
  });
  #server: StandInServer | undefined;
  #connections = 0;

  constructor(options: ElevenLabsStandInOptions) {
    this.#clock = options.clock;
    this.#voice = new BuzzVoice(options.charactersPerSecond ?? 15);
    this.#pace = {
      firstByte: options.firstByte ?? 100,
      chunk: options.chunk ?? 400,
      speed: options.speed ?? 8,
    };
    this.#account = options.account ?? {};
    this.#log = new WireLog(options.clock);
  }

  async start(): Promise<void> {
    this.#server = await startStandInServer({
      request: (request, response) => this.#serve(request, response),
      upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
    });
  }

  get origin(): string {
    return this.#server?.origin ?? "";
  }

  get log() {
    return this.#log.entries;
  }

  inject(...faults: Parameters<SocketStandIn["inject"]>): void {
    this.#faults.inject(...faults);
  }

  strike(...[connection, fault]: Parameters<SocketStandIn["strike"]>): boolean {
    return this.#faults.strike(connection, fault);
  }

  async close(): Promise<void> {
    this.#sockets.close();
    await this.#server?.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const connection = ++this.#connections;
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, voice, endpoint] = SOCKET_PATH.exec(url.pathname) ?? [];
    // Deferred, so that what was written before the cut still reaches the client.
    const cut = () => setImmediate(() => socket.destroy());
    const fault = this.#faults.begin({ cut, lasting: true, number: connection });
    const status = refusalOf(request, voice, url.searchParams) ?? fault.status;
    if (status !== undefined) {
      this.#log.record(connection, "out", "refused", String(status));
      fault.end();
      refuseUpgrade(socket, status, JSON.stringify({ detail: { status: "refused", message: "Refused." } }));
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#log.record(connection, "in", "open", voice);
      new ElevenLabsSession(webSocket, {
        clock: this.#clock,
        voice: this.#voice,
        pace: this.#pace,
        inactivity: Math.min(180, Number(url.searchParams.get("inactivity_timeout") ?? 20)) * 1000,
        multi: endpoint === "multi-stream-input",
        fault,
        record: (direction, what, detail) => this.#log.record(connection, direction, what, detail),
      }).start();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = ++this.#connections;
    const account = elevenLabsAccountAnswer(request, this.#account);
    if (account !== undefined) {
      this.#log.record(connection, "in", `GET ${request.url}`);
      const exchange = new Exchange(connection, response, this.#faults);
      answerAccount(exchange, account, () => elevenLabsRefusal("injected"));
      return;
    }
    const cut = () => setImmediate(() => response.destroy());
    const fault = this.#faults.begin({ cut, lasting: false });
    response.on("close", () => fault.end());
    serveSpeech(request, response, {
      clock: this.#clock,
      voice: this.#voice,
      pace: this.#pace,
      fault,
      record: (direction, what, detail) => this.#log.record(connection, direction, what, detail),
    });
  }
}

/** The status to refuse an upgrade with that the service would refuse too. */
function refusalOf(
  request: IncomingMessage,
  voice: string | undefined,
  query: URLSearchParams,
): number | undefined {
  if (voice === undefined) return 404;
  if (!request.headers["xi-api-key"]) return 401;
  if (query.get("model_id") === "eleven_v3") return 403;
  return query.get("output_format") === "ulaw_8000" ? undefined : 400;
}

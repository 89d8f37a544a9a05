import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { answerAccount } from "./account-answer.ts";
import { deepgramAccountAnswer, deepgramRefusal } from "./deepgram-account.ts";
import { admission, type DeepgramRefusal } from "./deepgram-admission.ts";
import { DeepgramConnection } from "./deepgram-connection.ts";
import { DeepgramListenV1 } from "./deepgram-listen-v1.ts";
import { DeepgramListenV2 } from "./deepgram-listen-v2.ts";
import type {
  DeepgramBehaviour,
  DeepgramSession,
  DeepgramSessionContext,
  SpokenFinal,
} from "./deepgram-session.ts";
import { DeepgramSpeak, type DeepgramVoicePace } from "./deepgram-speak.ts";
import { type FaultedConnection, FaultPlan } from "./fault-plan.ts";
import { Exchange } from "./openai-exchange.ts";
import type { SocketStandIn } from "./stand-in.ts";
import { refuseUpgrade, startStandInServer } from "./stand-in-server.ts";
import { WireLog } from "./wire-log.ts";

const SWEEP_EVERY = 1_000;
const KEPT_FINALS = 10_000;

export interface DeepgramStandInOptions extends Partial<Omit<DeepgramBehaviour, "voice">> {
  readonly clock: Clock;
  /** The only key that is let in; unset: any. */
  readonly apiKey?: string;
  /** Families of models that `GET /v1/models` tells; default nova-3 and nova-2. */
  readonly models?: readonly string[];
  /** Voices that it tells; default `aura-2-thalia-en`. */
  readonly voices?: readonly string[];
  /** How `v1/speak` is paced; default 100 ms to the first byte, 15 characters a second, 200 ms a message, 8 times real time. */
  readonly voice?: Partial<DeepgramVoicePace>;
  /** An entry for every audio message; by default one for each run of them. */
  readonly logAudio?: boolean;
}

export interface DeepgramStandIn extends SocketStandIn {
  /** The last 10 000 finals with their times. */
  readonly finals: readonly SpokenFinal[];
}

/**
 * Deepgram's `v1/listen` (nova), `v2/listen` (Flux) and `v1/speak` (Aura) on loopback. It listens to the μ-law with an energy
 * detector, so its timing is that of the real audio, and "understands" the scripted transcript. Injected
 * faults other than `status` meet the newest live connection, if there is one. Of the management API it has what tells
 * whether a key and a model are good: `GET /v1/projects` and `GET /v1/models`.
 */
export async function startDeepgramStandIn(options: DeepgramStandInOptions): Promise<DeepgramStandIn> {
  const standIn = new Service(options);
  const server = await startStandInServer({
    request: (request, response) => standIn.serve(request, response),
    upgrade: (request, socket, head) => standIn.upgrade(request, socket, head),
  });
  return {
    origin: server.origin,
    log: standIn.log.entries,
    finals: standIn.finals,
    inject: (...faults) => standIn.faults.inject(...faults),
    strike: (connection, fault) => standIn.faults.strike(connection, fault),
    close: () => {
      standIn.end();
      return server.close();
    },
  };
}

class Service {
  readonly log: WireLog;
  readonly finals: SpokenFinal[] = [];
  readonly faults = new FaultPlan();
  readonly #clock: Clock;
  readonly #options: DeepgramStandInOptions;
  readonly #behaviour: DeepgramBehaviour;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    autoPong: false,
  });
  readonly #connections = new Set<DeepgramConnection>();
  #count = 0;
  #cancelSweep: Cancel | undefined;

  constructor(options: DeepgramStandInOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.log = new WireLog(options.clock);
    this.#behaviour = {
      endpointDelay: options.endpointDelay,
      finalDelay: options.finalDelay ?? 50,
      transcript: options.transcript ?? "Hello, I have a question.",
      interimEvery: options.interimEvery,
      forceEndTurn: options.forceEndTurn ?? true,
      voice: { firstByte: 100, charactersPerSecond: 15, chunk: 200, speed: 8, ...options.voice },
    };
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const number = ++this.#count;
    const url = new URL(request.url ?? "/", "http://stand-in");
    const faults = this.faults.begin({ cut: () => socket.destroy(), lasting: true, number });
    const refused = admission(request, url, this.#options.apiKey) ?? faultRefusal(faults.status);
    if (refused !== undefined) {
      faults.end();
      this.#refuse(number, socket, refused);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.log.record(number, "in", "open", `${url.pathname}${url.search}`);
      this.#accept(number, url, webSocket, faults);
    });
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const number = ++this.#count;
    this.log.record(number, "in", `${request.method} ${request.url}`);
    const answer = deepgramAccountAnswer(request, this.#options);
    answerAccount(new Exchange(number, response, this.faults), answer, deepgramRefusal);
  }

  end(): void {
    this.#cancelSweep?.();
    for (const connection of this.#connections) connection.end();
    this.#connections.clear();
  }

  #refuse(number: number, socket: Duplex, { status, code, message }: DeepgramRefusal): void {
    const request = randomUUID();
    this.log.record(number, "out", "refused", `${status} ${code}`);
    const body = JSON.stringify({ err_code: code, err_msg: message, request_id: request });
    refuseUpgrade(socket, status, body, {
      "Content-Type": "application/json",
      "dg-request-id": request,
      "dg-error": message,
    });
  }

  #accept(number: number, url: URL, webSocket: WebSocket, faults: FaultedConnection): void {
    const context: DeepgramSessionContext = {
      clock: this.#clock,
      connection: number,
      requestId: randomUUID(),
      query: url.searchParams,
      behaviour: this.#behaviour,
      send: (message, detail) => {
        faults.pass(JSON.stringify(message), (data) => {
          webSocket.send(data);
          this.log.record(number, "out", message.type, detail);
        });
      },
      sound: (mulaw) => {
        faults.pass("speech", (data) => {
          webSocket.send(data === "speech" ? mulaw : data);
          this.log.record(number, "out", "audio");
        });
      },
      close: (code, reason) => webSocket.close(code, reason),
      spoken: (final) => {
        if (this.finals.length >= KEPT_FINALS) this.finals.splice(0, KEPT_FINALS / 4);
        this.finals.push(final);
      },
    };
    const Session = sessions[url.pathname] ?? DeepgramListenV1;
    const connection = new DeepgramConnection({
      number,
      webSocket,
      faults,
      session: new Session(context),
      idles: Session !== DeepgramSpeak,
      clock: this.#clock,
      log: this.log,
      logAudio: this.#options.logAudio ?? false,
      ended: (gone) => this.#connections.delete(gone),
    });
    this.#connections.add(connection);
    connection.listen();
    this.#cancelSweep ??= this.#clock.after(SWEEP_EVERY, () => this.#sweep());
    faults.opened();
  }

  #sweep(): void {
    this.#cancelSweep =
      this.#connections.size > 0 ? this.#clock.after(SWEEP_EVERY, () => this.#sweep()) : undefined;
    for (const connection of this.#connections) connection.checkIdle(this.#clock.now());
  }
}

const sessions: Readonly<Record<string, new (context: DeepgramSessionContext) => DeepgramSession>> = {
  "/v1/listen": DeepgramListenV1,
  "/v2/listen": DeepgramListenV2,
  "/v1/speak": DeepgramSpeak,
};

function faultRefusal(status: number | undefined): DeepgramRefusal | undefined {
  return status === undefined ? undefined : { status, code: "INJECTED", message: `Injected ${status}.` };
}

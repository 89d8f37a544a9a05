import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../runtime/clock.ts";
import { BuzzVoice } from "./elevenlabs-voice.ts";
import { type FaultedConnection, FaultPlan } from "./fault-plan.ts";
import type { RealtimePace } from "./openai-realtime-response.ts";
import { obligingScript, type RealtimeScript } from "./openai-realtime-script.ts";
import { OpenAiRealtimeSession } from "./openai-realtime-session.ts";
import { OpenAiTranscriptionSession } from "./openai-transcription-session.ts";
import type { StandIn } from "./stand-in.ts";
import { refuseUpgrade, type StandInServer, startStandInServer } from "./stand-in-server.ts";
import { WireLog } from "./wire-log.ts";

export interface OpenAiRealtimeStandInOptions {
  readonly clock: Clock;
  /** What the model says and does; by default what it is told to say, or an offer to help. */
  readonly script?: RealtimeScript;
  /** What the caller's n-th utterance (from 1) is written down as; default `words`. */
  readonly transcript?: (utterance: number) => string;
  /** From the end of an utterance to its transcription, in ms; default 300: after the reply has begun. */
  readonly transcriptionDelay?: number;
  /** An entry for every audio event of a transcription session; by default one for each run of them. */
  readonly logAudio?: boolean;
  /** From the request, or the end of the caller's turn, to the first audio, in ms; default 200. */
  readonly firstAudio?: number;
  /** How fast the voice speaks; default 15. */
  readonly charactersPerSecond?: number;
  /** Audio in one delta, in ms; default 200. */
  readonly chunk?: number;
  /** How much faster than real time audio is sent; default 8. */
  readonly speed?: number;
}

/** The stand-in, and what only this one can be made to do. */
export interface OpenAiRealtimeStandIn extends StandIn {
  /** The responses under way fail on the service's side: `response.done` with `failed`. */
  failResponses(): void;
  /**
   * The transcription of the stretch with these words (of `transcript`) fails so many times on the service's side, on
   * whichever connections it is committed: `…transcription.failed` with `server_error` in place of the final words.
   */
  failTranscription(words: string, times: number): void;
}

/**
 * The Realtime service at `origin`: `/v1/realtime?model=…` over a WebSocket, `audio/pcmu` both ways. It hears the caller
 * by the energy of the audio received (500 ms of silence in it end a turn, unless the session says otherwise),
 * answers, is interrupted, and refuses what the service refuses: a second response at a time, a cancellation of
 * nothing, a truncation beyond the audio made, the result of an unknown call. Upgrades without a bearer get 401.
 * `/v1/realtime?intent=transcription` is a session that only writes down what it is told to (`commit`).
 * Faults meet the connection under way; messages count from the first one sent. The log has every event by its type
 * (a run of `input_audio_buffer.append` once), the detail being the item or response.
 */
export async function startOpenAiRealtimeStandIn(
  options: OpenAiRealtimeStandInOptions,
): Promise<OpenAiRealtimeStandIn> {
  const standIn = new RealtimeServer(options);
  await standIn.start();
  return standIn;
}

class RealtimeServer implements OpenAiRealtimeStandIn {
  readonly #options: OpenAiRealtimeStandInOptions;
  readonly #voice: BuzzVoice;
  readonly #pace: RealtimePace;
  readonly #faults = new FaultPlan();
  readonly #log: WireLog;
  readonly #sessions = new Set<OpenAiRealtimeSession>();
  /** How often the transcription of some words is still to fail. */
  readonly #failures = new Map<string, number>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: MAX_MESSAGE,
  });
  #server: StandInServer | undefined;
  #connections = 0;

  constructor(options: OpenAiRealtimeStandInOptions) {
    this.#options = options;
    this.#voice = new BuzzVoice(options.charactersPerSecond ?? 15);
    this.#pace = {
      firstAudio: options.firstAudio ?? 200,
      chunk: options.chunk ?? 200,
      speed: options.speed ?? 8,
    };
    this.#log = new WireLog(options.clock);
  }

  async start(): Promise<void> {
    this.#server = await startStandInServer({
      upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
    });
  }

  get origin(): string {
    return this.#server?.origin ?? "";
  }

  get log() {
    return this.#log.entries;
  }

  inject(...faults: Parameters<StandIn["inject"]>): void {
    this.#faults.inject(...faults);
  }

  failResponses(): void {
    for (const session of this.#sessions) session.failResponse();
  }

  failTranscription(words: string, times: number): void {
    this.#failures.set(words, times);
  }

  async close(): Promise<void> {
    this.#sockets.close();
    await this.#server?.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const connection = ++this.#connections;
    // Deferred, so that what was written before the cut still reaches the client.
    const cut = () => setImmediate(() => socket.destroy());
    const fault = this.#faults.begin({ cut, lasting: true });
    const status = refusalOf(request) ?? fault.status;
    if (status !== undefined) {
      this.#log.record(connection, "out", "refused", String(status));
      fault.end();
      const error = { message: "Refused.", type: "invalid_request_error", code: null, param: null };
      refuseUpgrade(socket, status, JSON.stringify({ error }));
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { searchParams } = urlOf(request);
      this.#log.record(
        connection,
        "in",
        "open",
        searchParams.get("model") ?? searchParams.get("intent") ?? "",
      );
      if (!searchParams.has("model")) return this.#transcribe(webSocket, connection, fault);
      const session = new OpenAiRealtimeSession(webSocket, {
        clock: this.#options.clock,
        voice: this.#voice,
        pace: this.#pace,
        script: this.#options.script ?? obligingScript,
        transcript: this.#options.transcript ?? (() => "words"),
        transcriptionDelay: this.#options.transcriptionDelay ?? 300,
        fault,
        record: (direction, what, detail) => this.#log.record(connection, direction, what, detail),
      });
      this.#sessions.add(session);
      webSocket.on("close", () => this.#sessions.delete(session));
      session.start();
    });
  }

  #transcribe(webSocket: WebSocket, connection: number, fault: FaultedConnection): void {
    const { clock, transcript, transcriptionDelay, logAudio } = this.#options;
    const session = new OpenAiTranscriptionSession(webSocket, {
      clock,
      transcript: transcript ?? (() => "words"),
      transcriptionDelay: transcriptionDelay ?? 300,
      logAudio: logAudio ?? false,
      fails: (words) => this.#failsNow(words),
      fault,
      record: (direction, what, detail) => this.#log.record(connection, direction, what, detail),
    });
    session.start();
  }

  #failsNow(words: string): boolean {
    const left = this.#failures.get(words) ?? 0;
    if (left > 0) this.#failures.set(words, left - 1);
    return left > 0;
  }
}

/** The status to refuse an upgrade with that the service would refuse too. */
function refusalOf(request: IncomingMessage): number | undefined {
  const url = urlOf(request);
  if (url.pathname !== "/v1/realtime") return 404;
  if (!/^Bearer ./.test(request.headers.authorization ?? "")) return 401;
  return url.searchParams.get("model") || isTranscription(url) ? undefined : 400;
}

function isTranscription({ searchParams }: URL): boolean {
  return searchParams.get("intent") === "transcription";
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? "/", "http://localhost");
}

/** The service takes 15 MiB of audio in one event. */
const MAX_MESSAGE = 15 * 1024 * 1024;

import { once } from "node:events";
import { WebSocket } from "ws";
import { FRAME_MS } from "../../audio/audio-format.ts";
import { deadline } from "../../runtime/deadline.ts";
import { GatewayError } from "../../runtime/errors.ts";
import type { CallerMove } from "./caller.ts";
import type { OngoingCall } from "./ongoing-call.ts";
import type { MarkEcho } from "./playback-buffer.ts";
import { CONNECTED, type StreamIdentity, StreamWire } from "./stream-wire.ts";

/** Twilio gives up on a socket that does not open (error 31901). */
const OPEN_LIMIT = 10_000;
/** How long the other side may take to answer our close frame. */
const CLOSE_LIMIT = 2_000;
/** Unsent bytes on the socket beyond which Twilio drops the caller's audio (warning 31930). */
const CONGESTED = 1_000_000;
/** Far more than any message of the gateway: Twilio's page names no limit. */
const MAX_MESSAGE = 16 * 1024 * 1024;

export interface StreamAddress {
  /** Where to connect. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

/** One media stream of a call, from the upgrade to the close of its socket: Twilio's side. */
export class PhoneStream {
  readonly #call: OngoingCall;
  readonly #wire: StreamWire;
  readonly #address: StreamAddress;
  #socket: WebSocket | undefined;
  #startedAt = 0;
  #frames = 0;
  #stopping = false;

  constructor(call: OngoingCall, identity: StreamIdentity, address: StreamAddress) {
    this.#call = call;
    this.#wire = new StreamWire(identity);
    this.#address = address;
  }

  /**
   * Runs the stream until its socket is closed, by either side. `signal` hangs up.
   * @throws GatewayError `PROVIDER_REFUSED` when the upgrade is refused, `PROVIDER_UNAVAILABLE` when nobody answers.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { url, headers, parameters } = this.#address;
    const socket = new WebSocket(url, { headers, perMessageDeflate: false, maxPayload: MAX_MESSAGE });
    this.#socket = socket;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // Without a listener an error would end the process; the close that follows it is what counts.
    socket.on("error", () => undefined);
    socket.on("message", (data, binary) => this.#receive(data as Buffer, binary));
    await this.#opened(socket, signal);
    const hangUp = () => this.#stop();
    signal.addEventListener("abort", hangUp, { once: true });
    this.#startedAt = this.#call.streamStarted(parameters);
    this.#send(CONNECTED);
    this.#send(this.#wire.start(parameters));
    this.#call.streamAnnounced();
    const leave = this.#call.exchange.join(() => this.#beat());
    if (signal.aborted) this.#stop();
    await closed;
    leave();
    signal.removeEventListener("abort", hangUp);
    this.#call.streamEnded();
  }

  async #opened(socket: WebSocket, signal: AbortSignal): Promise<void> {
    const limit = deadline(this.#call.clock, OPEN_LIMIT, "The upgrade of the media socket", signal);
    const abandon = () => socket.terminate();
    limit.signal.addEventListener("abort", abandon, { once: true });
    const refusal = new Promise<never>((_, reject) => {
      socket.once("unexpected-response", (_request, response) => {
        response.resume();
        const detail = `${this.#address.url} answered the upgrade with status ${response.statusCode}`;
        reject(new GatewayError("PROVIDER_REFUSED", detail));
        socket.terminate();
      });
    });
    try {
      if (limit.signal.aborted) abandon();
      await Promise.race([once(socket, "open"), refusal]);
    } catch (error) {
      const known = [error, limit.signal.reason].find((candidate) => candidate instanceof GatewayError);
      if (known !== undefined) throw known;
      const message = `No media socket at ${this.#address.url}`;
      throw unavailable(message, error);
    } finally {
      limit.signal.removeEventListener("abort", abandon);
      limit.done();
    }
  }

  /** The socket is lost: neither side hears why. */
  drop(): void {
    this.#socket?.terminate();
  }

  /** Hangs up: `stop`, then the close of the socket. */
  #stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    const socket = this.#socket;
    if (socket === undefined || socket.readyState !== WebSocket.OPEN) return;
    this.#send(this.#wire.stop());
    socket.close(1000);
    const forget = this.#call.clock.after(CLOSE_LIMIT, () => socket.terminate());
    socket.once("close", forget);
  }

  #send(message: string): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(message);
    this.#call.onWire("in", message);
  }

  #beat(): void {
    if (this.#stopping || this.#socket?.readyState !== WebSocket.OPEN) return;
    const at = this.#call.now();
    this.#echo(this.#call.buffer.advance(at));
    while (!this.#stopping && this.#startedAt + (this.#frames + 1) * FRAME_MS <= at) {
      this.#frames++;
      this.#perform(this.#call.nextMove(at), at);
    }
  }

  #perform(move: CallerMove, at: number): void {
    if (move.hangUp) {
      this.#call.callerHungUp(move, at);
      return;
    }
    if ((this.#socket?.bufferedAmount ?? 0) > CONGESTED) {
      this.#wire.skipMedia();
      this.#call.frameDropped();
    } else {
      this.#send(this.#wire.media(move.payload));
      this.#call.frameSent(move, at);
    }
    if (move.digit !== undefined) this.#send(this.#wire.dtmf(move.digit));
  }

  #receive(data: Buffer, binary: boolean): void {
    if (this.#stopping) return;
    if (binary) {
      this.#call.warn(31950, "binary frame");
      return;
    }
    const text = data.toString();
    this.#call.onWire("out", text);
    const at = this.#call.now();
    const message = this.#wire.read(text);
    const { buffer } = this.#call;
    if (message.event === "invalid") {
      this.#call.warn(31951, message.detail);
    } else if (message.event === "media") {
      this.#call.agentAudio(message.mulaw, at);
    } else if (message.event === "mark") {
      buffer.mark(message.name, at);
      this.#echo(buffer.advance(at));
    } else {
      this.#call.agentCleared(at);
      this.#echo(buffer.clear(at));
    }
  }

  #echo(marks: readonly MarkEcho[]): void {
    for (const { name } of marks) this.#send(this.#wire.mark(name));
  }
}

function unavailable(message: string, cause: unknown): GatewayError {
  return new GatewayError("PROVIDER_UNAVAILABLE", message, { cause });
}

import { readFileSync } from "node:fs";
import { BYTES_PER_MS, FRAME_BYTES, FRAME_MS, SILENCE } from "../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../src/audio/mulaw.ts";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import { readWav } from "../../src/audio/wav.ts";
import type { CallEvent } from "../../src/calls/call-event.ts";
import type { CallRegistry } from "../../src/calls/call-registry.ts";
import type { MediaCounters } from "../../src/gateway/media-counters.ts";
import type { MediaSocket } from "../../src/gateway/media-socket.ts";
import type { MediaStreamSession } from "../../src/gateway/media-stream-session.ts";
import type { CallPipelines } from "../../src/pipeline/call-pipelines.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { PlaybackBuffer } from "../../src/simulation/phone/playback-buffer.ts";
import { anIncomingCall } from "./calls.ts";
import { VirtualGateway, type VirtualGatewayOptions } from "./virtual-gateway.ts";

/** What went from the gateway to the caller's side, by what it was. */
export interface Sent {
  readonly at: number;
  readonly event: "media" | "mark" | "clear";
  readonly name?: string;
  readonly ms?: number;
}

/**
 * A whole call on a manual clock: the gateway's session, the pipeline and a playback buffer that behaves as
 * Twilio's does. Seconds of conversation take milliseconds, and the same call is the same every time.
 */
export class VirtualCall {
  readonly clock: ManualClock;
  /** Of all gateways that have had the call. */
  readonly events: CallEvent[] = [];
  readonly sent: Sent[] = [];
  readonly playback = new PlaybackBuffer(true);
  streamSid = "MZ00000000000000000000000000000001";
  closed: { code: number; reason: string } | undefined;
  readonly sipCallId = SIP_CALL_ID;
  readonly #gateways = new Set<VirtualGateway>();
  #gateway: VirtualGateway;
  #session: MediaStreamSession;
  #sequence = 1;
  #chunk = 0;
  #stream = 0;
  #streams = 1;
  #bufferedAmount = 0;

  /** A call to a gateway of its own. */
  static async open(options: VirtualGatewayOptions): Promise<VirtualCall> {
    const clock = new ManualClock();
    const gateway = await VirtualGateway.start(clock, options, await loadVoiceActivity());
    return VirtualCall.to(gateway, clock);
  }

  static async to(gateway: VirtualGateway, clock: ManualClock): Promise<VirtualCall> {
    const call = new VirtualCall(gateway, clock);
    await clock.settleTo(clock.now());
    return call;
  }

  private constructor(gateway: VirtualGateway, clock: ManualClock) {
    this.clock = clock;
    this.#gateway = gateway;
    this.#session = this.#connect(gateway);
  }

  get registry(): CallRegistry {
    return this.#gateway.registry;
  }

  get pipelines(): CallPipelines {
    return this.#gateway.pipelines;
  }

  get counters(): MediaCounters {
    return this.#gateway.counters;
  }

  /** Rings, and opens the media stream as the TwiML says. */
  async dial(sipCallId = SIP_CALL_ID, afterMedia = false): Promise<this> {
    const incoming = anIncomingCall({ sipCallId, afterMedia });
    const { intake } = this.#gateway;
    await this.#asked(intake.fetch(incoming));
    const answer = intake.incoming(incoming);
    if (answer.action !== "connect") throw new Error(`The gateway answered ${answer.action}`);
    this.#session.begin();
    this.gives({ event: "connected", protocol: "Call", version: "1.0.0" });
    this.gives({
      event: "start",
      sequenceNumber: "1",
      streamSid: this.streamSid,
      start: {
        accountSid: "AC00000000000000000000000000000001",
        streamSid: this.streamSid,
        callSid: sipCallId,
        tracks: ["inbound"],
        mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
        customParameters: { token: answer.token },
      },
    });
    this.#stream = this.clock.now();
    await this.clock.settleTo(this.clock.now());
    return this;
  }

  /**
   * What Twilio sent in a recorded session, at the same times, with this call's token in place of the
   * recorded one. Marks come from this call's own playback: they tell what is played now, not what was then.
   */
  async replay(lines: readonly { readonly at: number; readonly message: RecordedMessage }[]): Promise<void> {
    for (const { at, message } of lines) {
      if (this.closed !== undefined) return;
      await this.#advance(this.#stream + at);
      if (message.event === "start") {
        this.streamSid = message.streamSid ?? this.streamSid;
        await this.dial(message.start?.callSid);
      } else if (message.event !== "mark" && message.event !== "connected") this.gives(message);
    }
    await this.#advance(this.clock.now());
  }

  /** One message of Twilio's, as it is. */
  gives(message: object | string | Buffer, isBinary = false): void {
    const raw = Buffer.isBuffer(message)
      ? message
      : Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
    this.#session.receive(raw, isBinary);
  }

  /** The caller says this, in real time; without it, so many ms of silence. */
  async says(audio: Uint8Array): Promise<void> {
    for (let at = 0; at < audio.length; at += FRAME_BYTES) {
      await this.#advance(this.clock.now() + FRAME_MS);
      if (this.closed !== undefined) return;
      const frame = Buffer.alloc(FRAME_BYTES, SILENCE);
      frame.set(audio.subarray(at, at + FRAME_BYTES));
      this.#frame(frame);
    }
  }

  async waits(ms: number): Promise<void> {
    await this.says(new Uint8Array(ms * BYTES_PER_MS).fill(SILENCE));
  }

  /** Silence until something has become true; fails after `limit` ms. */
  async waitsUntil(done: () => boolean, limit = 30_000): Promise<void> {
    const until = this.clock.now() + limit;
    while (!done()) {
      if (this.clock.now() >= until)
        throw new Error(`Not within ${limit} ms; so far: ${JSON.stringify(this.transcript)}`);
      await this.waits(FRAME_MS);
      if (this.closed !== undefined && !done()) throw new Error("The gateway closed the socket");
    }
  }

  /** Until the agent has been heard to the end of a turn. */
  async hearsOut(turn: number): Promise<void> {
    await this.waitsUntil(() =>
      this.events.some((e) => e.type === "agent-heard" && e.turn === turn && e.final),
    );
  }

  presses(digit: string): void {
    this.gives({
      event: "dtmf",
      sequenceNumber: this.#next(),
      streamSid: this.streamSid,
      dtmf: { track: "inbound_track", digit },
    });
  }

  types(text: string): void {
    this.#gateway.typed.typed(this.events[0]?.sessionId ?? 0, text);
  }

  hangsUp(): void {
    this.gives({ event: "stop", sequenceNumber: this.#next(), streamSid: this.streamSid, stop: {} });
  }

  /** The network is gone without a word; what Twilio had still to play is not played. */
  breaks(): void {
    this.#session.socketClosed();
    this.playback.clear(this.clock.now());
  }

  /** The gateway's process is killed, and its socket goes with it. */
  gatewayDies(): void {
    this.#gateway.kill();
    this.playback.clear(this.clock.now());
  }

  /** Twilio follows the `<Redirect>` after so many ms, perhaps to another gateway, and opens a new media stream. */
  async returns(after = 300, gateway = this.#gateway): Promise<this> {
    await this.clock.settleTo(this.clock.now() + after);
    this.closed = undefined;
    this.#gateway = gateway;
    this.#session = this.#connect(gateway);
    this.streamSid = `MZ${String(++this.#streams).padStart(32, "0")}`;
    return this.dial(SIP_CALL_ID, true);
  }

  /** From now on the socket does not drain. */
  clogs(): void {
    this.#bufferedAmount = 1_000_000;
  }

  /** `agent: …` and `customer: …` lines, as the transcript has them. */
  get transcript(): string[] {
    const [first] = this.events;
    const record = first === undefined ? undefined : this.registry.find(first.sessionId);
    return (record?.transcript.entries ?? []).map(
      ({ speaker, text }) => `${speaker === "ai_agent" ? "agent" : "caller"}: ${text}`,
    );
  }

  of<Type extends CallEvent["type"]>(type: Type): Extract<CallEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<CallEvent, { type: Type }> => event.type === type);
  }

  #connect(gateway: VirtualGateway): MediaStreamSession {
    if (!this.#gateways.has(gateway)) gateway.registry.events.on("event", (event) => this.events.push(event));
    this.#gateways.add(gateway);
    return gateway.accept(this.#socket);
  }

  /** The answer to a request; time passes while the gateway waits for something. */
  async #asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    let waits = true;
    void answer.finally(() => {
      waits = false;
    });
    await this.clock.settleTo(this.clock.now());
    while (waits) await this.clock.settleTo(this.clock.now() + FRAME_MS);
    return answer;
  }

  async #advance(at: number): Promise<void> {
    for (
      let due = this.playback.nextMarkDue;
      due !== undefined && due <= at;
      due = this.playback.nextMarkDue
    ) {
      await this.clock.settleTo(due);
      this.#echo(this.playback.advance(due).map(({ name }) => name));
    }
    await this.clock.settleTo(at);
  }

  #echo(names: readonly string[]): void {
    for (const name of names) {
      this.gives({ event: "mark", sequenceNumber: this.#next(), streamSid: this.streamSid, mark: { name } });
    }
  }

  #frame(frame: Buffer): void {
    const timestamp = String(Math.round(this.clock.now() - this.#stream));
    this.gives({
      event: "media",
      sequenceNumber: this.#next(),
      streamSid: this.streamSid,
      media: { track: "inbound", chunk: String(++this.#chunk), timestamp, payload: frame.toString("base64") },
    });
  }

  #next(): string {
    return String(++this.#sequence);
  }

  get #socket(): MediaSocket {
    const call = this;
    return {
      send: (text) => this.#receive(JSON.parse(text)),
      close: (code, reason) => {
        this.closed ??= { code, reason };
      },
      cork: () => {},
      terminate: () => {
        this.closed ??= { code: 1006, reason: "terminated" };
      },
      get bufferedAmount() {
        return call.#bufferedAmount;
      },
    };
  }

  #receive(message: { event: string; media?: { payload: string }; mark?: { name: string } }): void {
    const at = this.clock.now();
    if (message.media !== undefined) {
      const mulaw = Buffer.from(message.media.payload, "base64");
      this.playback.media(mulaw, at);
      this.sent.push({ at, event: "media", ms: mulaw.length / BYTES_PER_MS });
    } else if (message.mark !== undefined) {
      this.playback.mark(message.mark.name, at);
      this.sent.push({ at, event: "mark", name: message.mark.name });
    } else {
      this.sent.push({ at, event: "clear" });
      const echoes = this.playback.clear(at).map(({ name }) => name);
      this.clock.after(40, () => this.#echo(echoes));
    }
  }
}

interface RecordedMessage {
  readonly event: string;
  readonly streamSid?: string;
  readonly start?: { readonly callSid: string };
}

const SIP_CALL_ID = "CA00000000000000000000000000000001";

/** A fixture of telephone speech as μ-law. */
export function speech(name: string): Uint8Array {
  const { channels } = readWav(readFileSync(new URL(`../fixtures/speech/${name}.wav`, import.meta.url)));
  return encodeMulaw(channels[0] as Int16Array);
}

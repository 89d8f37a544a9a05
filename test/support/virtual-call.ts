import { readFileSync } from "node:fs";
import { BYTES_PER_MS, FRAME_BYTES, FRAME_MS, SILENCE } from "../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../src/audio/mulaw.ts";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import { readWav } from "../../src/audio/wav.ts";
import { type AgentProfile, agentProfile } from "../../src/calls/agent-profile.ts";
import { beginsWithAnnouncement } from "../../src/calls/announced-recording.ts";
import type { CallEvent } from "../../src/calls/call-event.ts";
import { CallIntake } from "../../src/calls/call-intake.ts";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import type { RecordingTarget } from "../../src/calls/recordings.ts";
import { countingIds } from "../../src/calls/session-ids.ts";
import { InProcessSpentTokens } from "../../src/calls/spent-tokens.ts";
import { streamTokenKey } from "../../src/calls/stream-token.ts";
import type { TypedInput } from "../../src/calls/typed-input.ts";
import { mediaCounters } from "../../src/gateway/media-counters.ts";
import type { MediaSocket } from "../../src/gateway/media-socket.ts";
import { MediaStreamSession } from "../../src/gateway/media-stream-session.ts";
import type { SessionHost } from "../../src/gateway/session-host.ts";
import type { Journals } from "../../src/journal/journals.ts";
import {
  collectDigitsTool,
  endCallTool,
  sendDigitsTool,
  serviceRequestTool,
} from "../../src/pipeline/built-in-tools.ts";
import { CallPipelines } from "../../src/pipeline/call-pipelines.ts";
import type { LanguageModel } from "../../src/pipeline/language-model.ts";
import { PhraseCache } from "../../src/pipeline/phrase-cache.ts";
import { PhrasePreparation } from "../../src/pipeline/phrase-preparation.ts";
import type { SpeechToText } from "../../src/pipeline/speech-to-text.ts";
import type { TextToSpeech } from "../../src/pipeline/text-to-speech.ts";
import type { Tool } from "../../src/pipeline/tools.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { PlaybackBuffer } from "../../src/simulation/phone/playback-buffer.ts";
import { anIncomingCall, serviceRequestBook } from "./calls.ts";

export interface VirtualCallOptions {
  readonly speechToText: SpeechToText | ((clock: ManualClock) => SpeechToText);
  readonly languageModel: LanguageModel | ((clock: ManualClock) => LanguageModel);
  readonly textToSpeech: TextToSpeech | ((clock: ManualClock) => TextToSpeech);
  readonly profile?: Partial<AgentProfile>;
  readonly tools?: readonly Tool[];
  /** Keeps journals of the calls. */
  readonly journals?: (registry: CallRegistry, clock: ManualClock) => Journals;
  /** Whether fixed words are spoken ahead, as in the product. Default false. */
  readonly preparesPhrases?: boolean;
  /** Where the call is recorded. */
  readonly recording?: RecordingTarget;
}

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
  readonly clock = new ManualClock();
  readonly events: CallEvent[] = [];
  readonly sent: Sent[] = [];
  readonly counters = mediaCounters();
  readonly playback = new PlaybackBuffer(true);
  readonly registry: CallRegistry;
  streamSid = "MZ00000000000000000000000000000001";
  closed: { code: number; reason: string } | undefined;
  readonly pipelines: CallPipelines;
  readonly sipCallId = SIP_CALL_ID;
  readonly #host: SessionHost;
  #session: MediaStreamSession;
  #sequence = 1;
  #chunk = 0;
  #stream = 0;
  #streams = 1;
  readonly #intake: CallIntake;
  readonly #typed: TypedInput;
  #bufferedAmount = 0;

  static async open(options: VirtualCallOptions): Promise<VirtualCall> {
    const call = new VirtualCall(options, await loadVoiceActivity());
    await call.clock.settleTo(0);
    return call;
  }

  private constructor(
    options: VirtualCallOptions,
    voiceActivity: Awaited<ReturnType<typeof loadVoiceActivity>>,
  ) {
    const { clock } = this;
    const made = <Part extends object>(part: Part | ((clock: ManualClock) => Part)): Part =>
      typeof part === "function" ? (part as (clock: ManualClock) => Part)(clock) : part;
    this.registry = new CallRegistry({
      clock,
      maxCalls: 4,
      onListenerError: (error) => {
        throw error;
      },
    });
    const journals = options.journals?.(this.registry, clock);
    journals?.start();
    const textToSpeech = made(options.textToSpeech);
    const phrases = new PhraseCache();
    const preparation = new PhrasePreparation({ clock, textToSpeech, phrases });
    const parts = {
      clock,
      speechToText: made(options.speechToText),
      languageModel: made(options.languageModel),
      textToSpeech,
      voiceActivity,
      phrases,
      ...(options.preparesPhrases && { prepare: (profile: AgentProfile) => preparation.prepare(profile) }),
      tools: options.tools ?? [
        endCallTool,
        collectDigitsTool,
        sendDigitsTool,
        serviceRequestTool(serviceRequestBook()),
      ],
    };
    const pipelines = new CallPipelines(
      this.registry,
      parts,
      journals && ((call, all) => journals.partsOf(call, all)),
    );
    this.pipelines = pipelines;
    this.#typed = journals?.typedInput(pipelines) ?? pipelines;
    this.#intake = new CallIntake({
      registry: this.registry,
      profileFor: () => agentProfile({ greeting: "Hello.", ...options.profile }),
      speechIsDown: () => false,
      sessionIds: countingIds(),
      spentTokens: new InProcessSpentTokens(),
      tokenKey: streamTokenKey(["test"]),
      clock,
    });
    this.registry.events.on("event", (event) => this.events.push(event));
    pipelines.start();
    this.registry.events.on("event", ({ type }) => {
      if (type === "media-lost" || type === "call-moved") this.#session.finish("media-lost");
    });
    this.#host = {
      clock,
      counters: this.counters,
      claim: (token, sipCallId) => this.#intake.claim(token, sipCallId),
      conversation: (call) => pipelines.of(call),
      observer: (call) => journals?.messagesOf(call),
      recording: (call) =>
        options.recording && {
          target: options.recording,
          fromAgent: beginsWithAnnouncement(call.profile, this.transcript.length > 0),
        },
      mediaStarted: (call, session, streamId) => {
        this.registry.publish(call.sessionId, { type: "media-started", streamId });
        this.registry.events.on("event", (event) => {
          if (event.type === "call-ended") session.finish(event.reason);
        });
      },
      mediaEnded: (call, reason) => {
        if (reason === "media-lost") this.registry.mediaLost(call.sessionId);
        else this.registry.end(call.sessionId, reason);
      },
      failed: (error) => {
        throw error;
      },
    };
    this.#session = new MediaStreamSession(this.#host, this.#socket);
  }

  /** Rings, and opens the media stream as the TwiML says. */
  async dial(sipCallId = SIP_CALL_ID, afterMedia = false): Promise<this> {
    const incoming = anIncomingCall({ sipCallId, afterMedia });
    await this.#intake.fetch(incoming);
    const answer = this.#intake.incoming(incoming);
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
    this.#typed.typed(this.events[0]?.sessionId ?? 0, text);
  }

  hangsUp(): void {
    this.gives({ event: "stop", sequenceNumber: this.#next(), streamSid: this.streamSid, stop: {} });
  }

  /** The network is gone without a word; what Twilio had still to play is not played. */
  breaks(): void {
    this.#session.socketClosed();
    this.playback.clear(this.clock.now());
  }

  /** Twilio follows the `<Redirect>` after so many ms, and opens a new media stream. */
  async returns(after = 300): Promise<this> {
    await this.clock.settleTo(this.clock.now() + after);
    this.closed = undefined;
    this.#session = new MediaStreamSession(this.#host, this.#socket);
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

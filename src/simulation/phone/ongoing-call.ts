import { FRAME_MS } from "../../audio/audio-format.ts";
import type { Clock } from "../../runtime/clock.ts";
import { CallMeter } from "./call-meter.ts";
import type { CallEnding, CallReport, Warning } from "./call-report.ts";
import { Caller, type CallerMove } from "./caller.ts";
import type { CallerScript, CallerStep } from "./caller-script.ts";
import type { Stretch } from "./heard-timeline.ts";
import { owedSilences } from "./owed-silence.ts";
import type { PhoneExchange } from "./phone-exchange.ts";
import { PlaybackBuffer, type PlayedPiece } from "./playback-buffer.ts";

/** One thing that a person at the phone would notice; `at` in ms from the first stream's start. */
export type PhoneEvent =
  | { readonly type: "stream-started"; readonly at: number; readonly sessionId: string | undefined }
  /** The media socket is closed, by whomever. */
  | { readonly type: "stream-ended"; readonly at: number }
  | { readonly type: "twilio-said"; readonly at: number; readonly text: string }
  | { readonly type: "caller-spoke"; readonly at: number; readonly text: string | undefined }
  | { readonly type: "key-pressed"; readonly at: number; readonly digit: string }
  /** The first audio of the greeting or of a reply arrived; `latency` as in the call's report. */
  | { readonly type: "agent-replied"; readonly at: number; readonly latency: number }
  /** The caller no longer waits for the agent. */
  | { readonly type: "agent-unheard"; readonly at: number };

/** `in`: towards the gateway. `at` in ms from the first stream's start; `message` as it was on the wire. */
export type WireListener = (at: number, direction: "in" | "out", message: string) => void;

export interface CallListeners {
  readonly onEvent?: (event: PhoneEvent) => void;
  readonly onWire?: WireListener;
  /** What the caller has heard, piece by piece, as it was played. */
  readonly onHeard?: (piece: PlayedPiece) => void;
}

/** Sound after a longer silence is reported as another utterance of the agent. */
const UTTERANCE_PAUSE = 600;

/** What an ongoing call needs from outside. */
export interface CallSetting extends CallListeners {
  readonly clock: Clock;
  readonly exchange: PhoneExchange;
  readonly script: CallerScript;
  readonly record: boolean;
  /** The caller's script hangs up. */
  readonly hangUp: () => void;
}

/**
 * What lives as long as the call, over all of its media streams: the caller, what was heard, and the measures.
 * Its time is in ms from the first stream's start.
 */
export class OngoingCall {
  readonly buffer: PlaybackBuffer;
  readonly #setting: CallSetting;
  readonly #caller: Caller;
  readonly #meter = new CallMeter();
  readonly #said: PlayedPiece[] = [];
  readonly #gaveUp: number[] = [];
  readonly #outages: Stretch[] = [];
  #streamEndedAt: number | undefined;
  readonly #warnings = new Map<Warning["code"], Warning>();
  #origin: number | undefined;
  #sessionId: string | undefined;
  #streams = 0;
  #sent = 0;
  #dropped = 0;

  constructor(setting: CallSetting) {
    this.#setting = setting;
    this.#caller = new Caller(setting.script);
    this.buffer = new PlaybackBuffer(setting.record, setting.onHeard);
  }

  get clock(): Clock {
    return this.#setting.clock;
  }

  get exchange(): PhoneExchange {
    return this.#setting.exchange;
  }

  /** Time of the call; 0 before the first stream. */
  now(): number {
    return this.#origin === undefined ? 0 : this.clock.now() - this.#origin;
  }

  /** Answers when the stream begins, in the call's time. */
  streamStarted(parameters: Readonly<Record<string, string>>): number {
    this.#origin ??= this.clock.now();
    this.#streams++;
    this.#sessionId = parameters.session_id ?? this.#sessionId;
    const at = this.now();
    if (this.#streamEndedAt !== undefined) {
      this.#outages.push({ start: this.#streamEndedAt, end: at });
      this.#caller.lineCameBack();
    }
    return at;
  }

  /** The gateway has been sent `start`; listeners hear of it only then, so that they cost it no time. */
  streamAnnounced(): void {
    this.tell({ type: "stream-started", at: this.now(), sessionId: this.#sessionId });
  }

  streamEnded(): void {
    const at = this.now();
    this.buffer.clear(at);
    this.#meter.voiceEnded(at);
    this.#streamEndedAt = at;
    this.tell({ type: "stream-ended", at });
  }

  /** What the caller does in the frame that is due. */
  nextMove(at: number): CallerMove {
    return this.#caller.next(at, this.buffer);
  }

  callerHungUp(move: CallerMove, at: number): void {
    if (move.unanswered) this.#giveUp(at);
    this.#setting.hangUp();
  }

  frameSent(move: CallerMove, at: number): void {
    this.#sent++;
    if (move.unanswered) this.#giveUp(at);
    if (move.digit !== undefined) this.tell({ type: "key-pressed", at, digit: move.digit });
    if (move.speaking === undefined) return;
    const { step, edge } = move.speaking;
    if (this.#setting.record) {
      this.#said.push({ start: Math.max(0, at - FRAME_MS), mulaw: Buffer.from(move.payload, "base64") });
    }
    if (edge === "first" || edge === "only") {
      const text = this.#textOf(step);
      this.#meter.voiceStarted(step, text, at, this.buffer.pending(at) > 0);
      this.tell({ type: "caller-spoke", at, text });
    }
    if (edge === "last" || edge === "only") this.#meter.voiceEnded(at);
  }

  frameDropped(): void {
    this.#dropped++;
    this.warn(31930, "the gateway does not read the caller's audio fast enough");
  }

  agentAudio(mulaw: Uint8Array, at: number): void {
    const discarded = this.buffer.discarded;
    this.buffer.media(mulaw, at);
    if (this.buffer.discarded > discarded) {
      this.warn(31931, "more than ten minutes of audio are queued");
      return;
    }
    const latency = this.#meter.agentAudio(at);
    if (latency !== undefined) this.tell({ type: "agent-replied", at, latency });
  }

  agentCleared(at: number): void {
    this.#meter.agentCleared(at);
  }

  /** A step answered without a stream, by `<Gather>`: what it is, and the script goes on. */
  answerPrompt(): CallerStep | undefined {
    const { step } = this.#caller;
    if (step !== undefined) this.#caller.skip(this.now(), this.buffer.heard(this.now()));
    return step;
  }

  warn(code: Warning["code"], detail: string): void {
    if (!this.#warnings.has(code)) this.#warnings.set(code, { code, detail });
  }

  tell(event: PhoneEvent): void {
    this.#setting.onEvent?.(event);
  }

  onWire(direction: "in" | "out", message: string): void {
    this.#setting.onWire?.(this.now(), direction, message);
  }

  get streams(): number {
    return this.#streams;
  }

  report(callSid: string, ended: CallEnding): CallReport {
    const at = this.now();
    const { exchanges } = this.#meter;
    const cutOff = ended.by === "limit" || ended.by === "stopped" || ended.by === "failed";
    return {
      callSid,
      sessionId: this.#sessionId,
      ended,
      duration: at,
      streams: this.#streams,
      greetingLatency: this.#meter.greetingLatency,
      exchanges,
      gaps: this.#meter.gaps(this.buffer.timeline.silences),
      silences: owedSilences({
        sounds: this.buffer.sounds.stretches(0),
        turns: exchanges,
        gaveUp: this.#gaveUp,
        outages: this.#outages,
        cutOffAt: cutOff ? at : undefined,
      }),
      utterances: this.buffer.timeline.stretches(UTTERANCE_PAUSE),
      heard: this.buffer.heard(at),
      frames: { sent: this.#sent, dropped: this.#dropped },
      warnings: [...this.#warnings.values()],
      recording: this.#setting.record ? { caller: this.#said, agent: this.buffer.played } : undefined,
    };
  }

  #giveUp(at: number): void {
    this.#gaveUp.push(at);
    this.tell({ type: "agent-unheard", at });
  }

  #textOf(step: number): string | undefined {
    const { [step]: said } = this.#setting.script;
    return said?.type === "say" ? said.text : undefined;
  }
}

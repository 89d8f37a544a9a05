import { BYTES_PER_MS, durationOf, FRAME_BYTES, SAMPLE_RATE, SILENCE } from "../audio/audio-format.ts";
import type { Call } from "../calls/call.ts";
import type { EndReason } from "../calls/call-event.ts";
import type { MediaSink } from "../pipeline/media-sink.ts";
import type { HeardTurn, Playback } from "../pipeline/playback.ts";
import type { Cancel } from "../runtime/clock.ts";
import { MediaFrameReader } from "../telephony/media-frame-reader.ts";
import {
  type InboundMessage,
  MessageWriter,
  parseMessage,
  type StreamStart,
} from "../telephony/media-messages.ts";
import { InboundGaps } from "./inbound-gaps.ts";
import { countProblem, type MediaProblem } from "./media-counters.ts";
import { CloseCode, type MediaSocket } from "./media-socket.ts";
import { OutboundPacer } from "./outbound-pacer.ts";
import { RecordingTimeline } from "./recording-timeline.ts";
import type { SessionHost } from "./session-host.ts";

/** One media stream: Twilio's messages in, paced audio out. It knows nothing of speech. */
export class MediaStreamSession implements Playback {
  readonly #host: SessionHost;
  readonly #socket: MediaSocket;
  #state: "waiting" | "claiming" | "streaming" | "closed" = "waiting";
  #stream: Stream | undefined;
  #watchdog: Cancel | undefined;
  #lastMessageAt = 0;
  #startedAt = 0;
  /** Audio of the caller's so far, what never arrived included, in ms. */
  #heardMs = 0;
  #problems = 0;
  /** Messages that came while the token was being checked. */
  readonly #early: Buffer[] = [];

  constructor(host: SessionHost, socket: MediaSocket) {
    this.#host = host;
    this.#socket = socket;
  }

  /** The socket is open: Twilio's `start` must come soon. */
  begin(): void {
    this.#watchdog = this.#host.clock.after(START_LIMIT, () => this.#refuse("no-start"));
  }

  /** One WebSocket message. Never throws, whatever it holds. */
  receive(raw: Buffer, isBinary: boolean): void {
    try {
      this.#receive(raw, isBinary);
    } catch (error) {
      this.#host.failed(error);
      this.#refuse("internal"); // one call's fault must not end the others
    }
  }

  #receive(raw: Buffer, isBinary: boolean): void {
    if (this.#state === "closed") return;
    this.#lastMessageAt = this.#host.clock.now();
    if (isBinary) return this.#note("binary");
    if (this.#state === "claiming") {
      if (this.#early.length < EARLY_LIMIT && raw.length <= EARLY_BYTES) this.#early.push(raw);
      return;
    }
    this.#stream?.observe?.(raw);
    const frame = this.#stream?.frames.read(raw);
    if (this.#stream !== undefined && frame !== undefined) {
      this.#hear(this.#stream, frame, this.#stream.frames.timestamp);
      return;
    }
    const message = parseMessage(raw.toString());
    if (typeof message === "string") this.#note(message);
    else this.#handle(message);
  }

  /** The socket has closed, by whichever side. */
  socketClosed(): void {
    this.#release("media-lost");
  }

  /** Closes the socket because the call is over, or goes on elsewhere; Twilio then goes on behind `</Connect>`. */
  finish(reason: EndReason): void {
    const closing = this.#state !== "closed";
    this.#release(reason);
    if (closing) this.#socket.close(CloseCode.normal, "the call is over");
  }

  play(turn: number, mulaw: Uint8Array): void {
    this.#stream?.pacer.play(turn, mulaw);
  }

  playFinished(turn: number): void {
    this.#stream?.pacer.finish(turn);
  }

  clear(): readonly HeardTurn[] {
    return this.#stream?.pacer.clear() ?? [];
  }

  heard(turn: number): number {
    return this.#stream?.pacer.ledger.heard(turn, this.#host.clock.now()) ?? 0;
  }

  get pending(): number {
    return this.#stream?.pacer.pending ?? 0;
  }

  conceal(ms: number): void {
    this.#stream?.recording?.conceal(ms, this.#host.clock.now());
  }

  #handle(message: InboundMessage): void {
    if (message.event === "connected") return;
    if (message.event === "start") {
      if (this.#state === "waiting") this.#start(message.start);
      else this.#note("second-start");
      return;
    }
    const stream = this.#stream;
    if (stream === undefined) return this.#note("media-before-start");
    if (message.streamSid !== stream.sid) return this.#note("wrong-stream");
    switch (message.event) {
      case "media": {
        if (message.track !== "inbound") return;
        const audio = stream.frames.decode(message.payload);
        if (audio === undefined) this.#note("bad-payload");
        else this.#hear(stream, audio, message.timestamp);
        return;
      }
      case "dtmf":
        return stream.sink.dtmf(message.digit);
      case "mark":
        if (!stream.pacer.marked(message.name)) this.#note("unknown-mark");
        return;
      case "stop":
        this.#release("caller-hung-up");
        this.#socket.close(CloseCode.normal, "stopped");
    }
  }

  #start(start: StreamStart): void {
    if (start.encoding !== "audio/x-mulaw" || start.sampleRate !== SAMPLE_RATE)
      return this.#refuse("unsupported-format");
    this.#state = "claiming";
    this.#startedAt = this.#host.clock.now();
    this.#host
      .claim(start.parameters.token ?? "", start.callSid)
      .then(
        (call) => this.#open(call, start.streamSid),
        (error: unknown) => this.#refuse(isConflict(error) ? "second-socket" : "token-refused"),
      )
      .catch((error: unknown) => {
        this.#host.failed(error);
        this.#refuse("internal");
      });
  }

  #open(call: Call, streamSid: string): void {
    if (this.#state === "closed") return this.#host.mediaEnded(call, "media-lost"); // it closed while the token was checked
    const { clock, counters } = this.#host;
    const sink = this.#host.conversation(call);
    const writer = new MessageWriter(streamSid);
    const recorded = this.#host.recording(call);
    const recording = recorded && new RecordingTimeline(recorded.target, this.#startedAt, recorded.fromAgent);
    const pacer = new OutboundPacer(clock, {
      audio: (mulaw) => {
        recording?.agent(mulaw, clock.now(), pacer.ledger.lead(clock.now()) - durationOf(mulaw.length));
        counters.framesOut += 1;
        counters.bytesOut += mulaw.length;
        this.#send(writer.media(mulaw));
      },
      mark: (name) => this.#send(writer.mark(name)),
      clear: () => {
        recording?.clear(clock.now(), pacer.ledger.lead(clock.now()));
        this.#send(writer.clear);
      },
      started: (turn) => sink.started(turn),
      heard: (progress) => sink.heard(progress),
      finished: (turn) => sink.finished(turn),
    });
    this.#stream = {
      sid: streamSid,
      call,
      sink,
      pacer,
      recording,
      frames: new MediaFrameReader(streamSid),
      gaps: new InboundGaps(),
      observe: this.#host.observer?.(call),
    };
    this.#state = "streaming";
    this.#watchdog?.();
    this.#watchForSilence(SOCKET_SILENCE_LIMIT);
    this.#host.mediaStarted(call, this, streamSid);
    sink.open(this);
    for (const raw of this.#early.splice(0)) this.receive(raw, false);
  }

  #hear(stream: Stream, audio: Buffer, timestamp: number): void {
    const { counters } = this.#host;
    counters.framesIn += 1;
    counters.bytesIn += audio.length;
    if (audio.length !== FRAME_BYTES) this.#note("odd-frame");
    const missing = stream.gaps.missingBefore(timestamp, audio.length);
    const heardMs = this.#heardMs + missing + durationOf(audio.length);
    if (heardMs > this.#lastMessageAt - this.#startedAt + AHEAD_LIMIT) return this.#note("too-fast");
    this.#heardMs = heardMs;
    if (missing > 0) {
      counters.gaps += 1;
      counters.gapMs += missing;
      stream.sink.audio(Buffer.alloc(Math.round(missing) * BYTES_PER_MS, SILENCE));
    }
    stream.recording?.caller(audio, timestamp, this.#lastMessageAt);
    stream.sink.audio(audio);
  }

  #send(text: string): void {
    if (this.#state !== "streaming") return;
    if (this.#socket.bufferedAmount > BUFFER_LIMIT) {
      this.#note("back-pressure");
      this.#release("back-pressure");
      this.#socket.terminate(); // a close frame would wait behind what does not drain
      return;
    }
    this.#socket.cork();
    this.#socket.send(text);
  }

  #watchForSilence(after: number): void {
    this.#watchdog = this.#host.clock.after(after, () => {
      const silent = this.#host.clock.now() - this.#lastMessageAt;
      if (silent < SOCKET_SILENCE_LIMIT) return this.#watchForSilence(SOCKET_SILENCE_LIMIT - silent);
      this.#note("silent-socket");
      this.#release("media-lost");
      this.#socket.terminate();
    });
  }

  #refuse(problem: MediaProblem): void {
    if (this.#state === "closed") return;
    this.#note(problem);
    this.#release("media-refused");
    this.#socket.close(CloseCode.policyViolation, problem);
  }

  /** Lets go of everything, once. */
  #release(reason: EndReason): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#watchdog?.();
    this.#early.length = 0;
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#host.counters.marksOverdue += stream.pacer.ledger.marksOverdue;
    stream.pacer.close();
    stream.recording?.end(this.#host.clock.now());
    this.#host.mediaEnded(stream.call, reason);
  }

  #note(problem: MediaProblem): void {
    countProblem(this.#host.counters, problem);
    this.#problems += 1;
    if (this.#problems === MOST_PROBLEMS) this.#refuse("too-many-problems");
  }
}

interface Stream {
  readonly sid: string;
  readonly call: Call;
  readonly sink: MediaSink;
  readonly pacer: OutboundPacer;
  readonly recording: RecordingTimeline | undefined;
  readonly frames: MediaFrameReader;
  readonly gaps: InboundGaps;
  readonly observe: ((raw: Buffer) => void) | undefined;
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "CONFLICT";
}

/** Twilio sends `start` right after `connected`; a socket without one is not Twilio's. In ms. */
const START_LIMIT = 5_000;
/** Twilio sends fifty frames a second, also while the caller is silent. In ms. */
const SOCKET_SILENCE_LIMIT = 30_000;
/** Messages kept while the token is checked: 2 s of frames. Later ones are dropped; the gap is then filled. */
const EARLY_LIMIT = 100;
/** Of those, in bytes: a frame has less than 400. */
const EARLY_BYTES = 2_048;
/**
 * Audio that may have come beyond the time that has passed, in ms: what the network held back comes at once, but
 * nobody speaks faster than time. More is dropped, or one socket would keep recogniser and event loop from all others.
 */
const AHEAD_LIMIT = 30_000;
/** Twilio makes no mistakes; a socket that makes so many is somebody else's. A count, odd frames included. */
const MOST_PROBLEMS = 5_000;
/** Bytes waiting in the socket before the far side is given up: about 6 s of audio more than the lead. */
const BUFFER_LIMIT = 64 * 1024;

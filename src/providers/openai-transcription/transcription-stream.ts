import { BYTES_PER_MS, durationOf, SILENCE } from "../../audio/audio-format.ts";
import { KeptAudio } from "../../audio/kept-audio.ts";
import type { TranscriptEvent, TranscriptionStream } from "../../pipeline/speech-to-text.ts";
import type { Cancel } from "../../runtime/clock.ts";
import { asGatewayError, type GatewayError } from "../../runtime/errors.ts";
import {
  ReconnectingSocket,
  type ReconnectingSocketOptions,
  type SocketListener,
} from "../sockets/reconnecting-socket.ts";
import { AwaitedWords } from "./awaited-words.ts";
import { PRE_ROLL, SpeechStretch } from "./speech-stretch.ts";
import type { TranscriptionDeadlines } from "./transcription-deadlines.ts";
import { errorWord, reportedError, timedOut } from "./transcription-error.ts";
import {
  audioAppend,
  audioClear,
  audioCommit,
  HINTS_EVENT,
  readServerEvent,
  SESSION_EVENT,
  type ServerEvent,
  sessionUpdate,
  type TranscriptionSettings,
  takesKeywords,
  writesLive,
} from "./transcription-events.ts";
import { transcriptionSocket } from "./transcription-socket.ts";

/** Audio kept for sending, or for sending again: more than the longest stretch. */
const KEPT_BYTES = 30_000 * BYTES_PER_MS;
/** Audio in one message, while it comes in real time … */
const BATCH = 100 * BYTES_PER_MS;
/** … and at most. */
const LARGEST_MESSAGE = 250 * BYTES_PER_MS;
/** The service refuses to commit less. */
const LEAST_COMMIT = 100 * BYTES_PER_MS;

export interface TranscriptionStreamOptions
  extends Pick<ReconnectingSocketOptions, "url" | "clock" | "random"> {
  readonly apiKey: string;
  readonly settings: TranscriptionSettings;
  readonly deadlines: TranscriptionDeadlines;
}

/**
 * One caller in a transcription session. Turn detection is the gateway's own: `finalize` commits the audio, and the
 * final words of that come back. All audio without final words is kept and sent again, as fast as the network takes it,
 * with the commits in their places, when a connection is lost. A stretch at which the service fails counts as such a
 * loss once; the second time its words are given up, so that those of later ones come.
 */
export class OpenAiTranscriptionStream implements TranscriptionStream, SocketListener {
  readonly #options: TranscriptionStreamOptions;
  readonly #socket: ReconnectingSocket;
  readonly #audio = new KeptAudio(KEPT_BYTES);
  readonly #stretch = new SpeechStretch();
  readonly #words = new AwaitedWords();
  #emit: (event: TranscriptEvent) => void;
  #hints: readonly string[] = [];
  #ready = false;
  /** Refused, given up or closed. */
  #over = false;
  /** End of the audio that was committed, or forgotten. */
  #committed = 0;
  /** Bytes that the service holds and was not told to commit. */
  #buffered = 0;
  #commits = 0;
  #interim = "";
  #cancelSession: Cancel | undefined;
  #cancelAnswer: Cancel | undefined;

  /** @param emit must not throw. */
  constructor(options: TranscriptionStreamOptions, emit: (event: TranscriptEvent) => void) {
    this.#options = options;
    this.#emit = emit;
    const { url, apiKey, clock, random, deadlines } = options;
    this.#socket = new ReconnectingSocket(
      {
        ...transcriptionSocket,
        ...{ url, clock, random },
        headers: { authorization: `Bearer ${apiKey}` },
        connectDeadline: deadlines.connect,
        closeDeadline: deadlines.close,
      },
      this,
    );
  }

  open(): void {
    this.#socket.open();
  }

  push(mulaw: Uint8Array): void {
    if (mulaw.length === 0 || this.#over) return;
    this.#audio.append(mulaw);
    const course = this.#stretch.hear(mulaw);
    if (!this.#stretch.isOpen) this.#forgetSilence(this.#audio.end - PRE_ROLL * BYTES_PER_MS);
    else if (course === "too-long") this.#commit(false);
    else if (course === "lapsed") this.#lapse();
    else if (this.#audio.end - this.#audio.sent >= BATCH) this.#flush();
  }

  finalize(): void {
    if (this.#over) return;
    if (this.#stretch.isOpen && this.#stretch.hasSound) return this.#commit(true);
    if (this.#stretch.isOpen) this.#clear();
    // The words under way are the answer; without any it is known already.
    if (!this.#words.ask()) queueMicrotask(() => this.#emit({ type: "final", text: "", confidence: 1 }));
  }

  hint(phrases: readonly string[]): void {
    if (phrases.join("\n") === this.#hints.join("\n")) return;
    this.#hints = [...phrases];
    const { settings } = this.#options;
    if (takesKeywords(settings.model)) this.#socket.send(sessionUpdate(settings, this.#hints, HINTS_EVENT));
  }

  close(): Promise<void> {
    this.#emit = () => {};
    this.#over = true;
    this.#rest();
    return this.#socket.close();
  }

  opened(): void {
    const { clock, deadlines, settings } = this.#options;
    this.#cancelSession = clock.after(deadlines.session, () =>
      this.#socket.fail(timedOut(`no session within ${deadlines.session} ms`)),
    );
    this.#socket.send(sessionUpdate(settings, this.#hints, SESSION_EVENT));
  }

  message(data: string): void {
    let event: ServerEvent;
    try {
      event = readServerEvent(data);
    } catch (error) {
      return this.#socket.fail(asGatewayError(error, "PROVIDER_PROTOCOL"));
    }
    this.#take(event);
  }

  lost(error: GatewayError): void {
    this.#rest();
    this.#over ||= !error.retryable;
    this.#words.lost();
    this.#audio.rewind();
    this.#emit({ type: "failed", error });
  }

  #take(event: ServerEvent): void {
    switch (event.type) {
      case "session.updated":
        return this.#sessionReady();
      case "committed":
        return this.#words.named(event.item);
      case "delta":
        this.#words.delta(event.item, event.text);
        return this.#tellInterim();
      case "completed":
        this.#words.completed(event.item, event.text);
        return this.#tellFinals();
      case "failed":
        this.#words.named(event.item);
        return this.#failedAt(event.item, reportedError("no transcription", event.error));
      case "error":
        return this.#complaint(event);
      case "other":
    }
  }

  #sessionReady(): void {
    if (this.#ready) return; // the answer to new hints
    this.#ready = true;
    this.#buffered = 0;
    this.#cancelSession?.();
    for (const { id, position, isComplete } of this.#words.commits) {
      if (isComplete) this.#audio.skip(position);
      else this.#sendCommit(id, position);
    }
    if (this.#stretch.isOpen) this.#flush();
    else this.#forgetSilence(this.#audio.end - PRE_ROLL * BYTES_PER_MS);
    this.#emit({ type: "ready" });
  }

  /** An error does not end the session, except when the session or a commit fails by it. */
  #complaint({ error, causedBy }: Extract<ServerEvent, { type: "error" }>): void {
    const word = errorWord(error);
    if (causedBy === HINTS_EVENT) return; // it goes on without them
    if (word === "input_audio_buffer_commit_empty" && causedBy !== undefined) {
      this.#words.empty(causedBy);
      return this.#tellFinals();
    }
    const failure = reportedError("the service complains", error);
    const ofSession = causedBy === SESSION_EVENT || /quota|billing|session_expired/.test(word);
    if (ofSession) this.#socket.fail(failure);
    else if (this.#words.commits.some(({ id }) => id === causedBy)) this.#failedAt(String(causedBy), failure);
  }

  /** Audio is kept: the next connection may do better. One that fails at the same stretch again goes on without its words. */
  #failedAt(stretch: string, error: GatewayError): void {
    if (error.retryable && this.#words.failed(stretch)) this.#tellFinals();
    else this.#socket.fail(error);
  }

  #tellInterim(): void {
    const text = this.#words.interim;
    if (text === this.#interim || text === "") return;
    this.#interim = text;
    this.#emit({ type: "interim", text, confidence: 1 });
  }

  #tellFinals(): void {
    for (let next = this.#words.take(); next !== undefined; next = this.#words.take()) {
      const { position, duration, asked, text, unheard } = next;
      this.#audio.confirm(position);
      this.#interim = "";
      const final = { type: "final", text, confidence: 1, through: durationOf(position) } as const;
      if (unheard) this.#emit({ ...final, unheard: duration });
      else if (asked || text !== "") this.#emit(final);
    }
    this.#awaitAnswer();
  }

  /** Nobody asked for the words of this sound. They are wanted where there are any. */
  #lapse(): void {
    const mayHaveWords =
      this.#words.hasUncommitted || !writesLive(this.#options.settings.model) || !this.#ready;
    if (mayHaveWords && this.#stretch.hasSound) this.#commit(false);
    else this.#clear();
  }

  #commit(asked: boolean): void {
    const id = `commit-${++this.#commits}`;
    const position = this.#audio.end;
    this.#words.add({ id, position, duration: this.#stretch.duration, asked });
    this.#stretch.end();
    this.#committed = position;
    if (this.#ready) this.#sendCommit(id, position);
  }

  #sendCommit(id: string, position: number): void {
    this.#flush(position);
    if (this.#buffered < LEAST_COMMIT) {
      const padding = new Uint8Array(LEAST_COMMIT - this.#buffered).fill(SILENCE);
      this.#socket.send(audioAppend(padding));
    }
    if (!this.#socket.send(audioCommit(id))) return;
    this.#buffered = 0;
    this.#words.sent(id);
    if (this.#cancelAnswer === undefined) this.#awaitAnswer();
  }

  /** What came since the last commit was no speech. */
  #clear(): void {
    this.#stretch.end();
    this.#words.cleared();
    this.#interim = "";
    if (this.#ready && this.#buffered > 0) this.#socket.send(audioClear());
    this.#buffered = 0;
    this.#committed = this.#audio.end;
    this.#forgetSilence(this.#audio.end);
  }

  /** Audio before `position` need not be sent. While words are awaited it is kept all the same. */
  #forgetSilence(position: number): void {
    const silent = Math.max(this.#committed, position);
    // Not yet ready: what was committed is still to be sent.
    if (this.#ready || this.#words.isEmpty) this.#audio.skip(silent);
    if (this.#words.isEmpty) this.#audio.confirm(silent);
  }

  #flush(until = this.#audio.end): void {
    if (!this.#ready) return;
    this.#audio.drain(LARGEST_MESSAGE, until, (mulaw) => {
      if (!this.#socket.send(audioAppend(mulaw))) return false;
      this.#buffered += mulaw.length;
      return true;
    });
  }

  #awaitAnswer(): void {
    this.#cancelAnswer?.();
    this.#cancelAnswer = undefined;
    if (!this.#words.areDue) return;
    const { clock, deadlines } = this.#options;
    this.#cancelAnswer = clock.after(deadlines.answer, () =>
      this.#socket.fail(timedOut(`no final words within ${deadlines.answer} ms`)),
    );
  }

  #rest(): void {
    this.#ready = false;
    this.#buffered = 0;
    this.#interim = "";
    this.#cancelSession?.();
    this.#cancelAnswer?.();
    this.#cancelAnswer = undefined;
  }
}

import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import type { FliteVoiceName } from "./flite-voice.ts";
import type { SynthesisOrder, SynthesisResult } from "./flite-worker.ts";
import { LastingWorker, workerEntry } from "./lasting-worker.ts";
import { SynthesisQueue } from "./synthesis-queue.ts";

/** Segments that may wait, of all calls together: at 50 ms each the last waits 5 s, the default deadline. */
const QUEUE_LIMIT = 100;

export interface SegmentRequest {
  readonly text: string;
  readonly voice: FliteVoiceName;
  /** The first segment of its utterance: somebody waits in silence for it. */
  readonly first: boolean;
  spoken(mulaw: Uint8Array): void;
  failed(error: GatewayError): void;
}

interface Waiting extends SegmentRequest {
  readonly id: number;
  cancelDeadline: Cancel;
  /** Nobody waits for it any more. */
  dropped: boolean;
}

/**
 * The process's one synthesising thread. Speaks a segment at a time, so that whose turn it is stays open
 * until the last moment and a cancelled segment costs nothing.
 */
export class SynthesisService {
  readonly #clock: Clock;
  readonly #deadline: number;
  readonly #worker: LastingWorker;
  readonly #queue = new SynthesisQueue<Waiting>(QUEUE_LIMIT);
  #running: Waiting | undefined;
  #lastId = 0;
  #closed = false;

  /** `deadline`: ms from the request to its audio. `entry`: another worker speaking the same messages. */
  constructor(clock: Clock, deadline = 5_000, entry = workerEntry("flite-worker", import.meta.url)) {
    this.#clock = clock;
    this.#deadline = deadline;
    this.#worker = new LastingWorker(clock, entry, {
      up: () => this.#next(),
      message: (message) => this.#answered(message as SynthesisResult),
      down: (error) => this.#lost(error),
    });
  }

  start(): void {
    this.#worker.start();
  }

  /** Calls `spoken` or `failed` once, later; neither after the returned cancel. */
  request(request: SegmentRequest): Cancel {
    const id = ++this.#lastId;
    const waiting: Waiting = { ...request, id, cancelDeadline: () => {}, dropped: false };
    if (this.#closed) return this.#refuse(request, "The embedded voice is closed");
    if (!this.#queue.add(waiting, request.first)) {
      return this.#refuse(request, `${QUEUE_LIMIT} segments wait to be spoken`);
    }
    waiting.cancelDeadline = this.#clock.after(this.#deadline, () => this.#expired(waiting));
    this.#next();
    return () => this.#drop(waiting);
  }

  /** Ends the thread; requests still open are dropped without a word. */
  async close(): Promise<void> {
    this.#closed = true;
    for (let left = this.#queue.take(); left !== undefined; left = this.#queue.take()) left.cancelDeadline();
    this.#running?.cancelDeadline();
    await this.#worker.close();
  }

  #refuse(request: SegmentRequest, why: string): Cancel {
    return this.#clock.after(0, () => request.failed(new GatewayError("PROVIDER_UNAVAILABLE", why)));
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const next = this.#queue.take();
    if (next === undefined) return;
    const order: SynthesisOrder = { id: next.id, text: next.text, voice: next.voice };
    if (this.#worker.post(order)) this.#running = next;
    else this.#queue.add(next, true);
  }

  #answered(result: SynthesisResult): void {
    const done = this.#running;
    if (done === undefined || result.id !== done.id) return;
    this.#running = undefined;
    done.cancelDeadline();
    if (done.dropped) this.#next();
    else this.#deliver(done, result);
  }

  #deliver(done: Waiting, result: SynthesisResult): void {
    // The next segment is begun first: a listener that throws must not stop the queue.
    this.#next();
    if ("error" in result) done.failed(new GatewayError("PROVIDER_PROTOCOL", result.error));
    else done.spoken(result.mulaw);
  }

  #lost(error: Error): void {
    const lost = this.#running;
    this.#running = undefined;
    lost?.cancelDeadline();
    if (lost === undefined || lost.dropped) return;
    lost.failed(new GatewayError("PROVIDER_UNAVAILABLE", "The speech thread crashed", { cause: error }));
  }

  #expired(late: Waiting): void {
    const running = late === this.#running;
    this.#queue.remove((waiting) => waiting === late);
    if (running) this.#running = undefined;
    if (running) this.#worker.replace("It did not speak in time");
    if (late.dropped) return;
    late.failed(new GatewayError("PROVIDER_TIMEOUT", `A segment was not spoken within ${this.#deadline} ms`));
  }

  /** A segment already being spoken is left to end, as it takes less time than a new thread; its audio is dropped. */
  #drop(unwanted: Waiting): void {
    unwanted.dropped = true;
    if (unwanted === this.#running) return;
    unwanted.cancelDeadline();
    this.#queue.remove((waiting) => waiting === unwanted);
  }
}

import { SILENCE } from "../audio/audio-format.ts";
import type { CallEvent } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import { parseMessage } from "../telephony/media-messages.ts";
import { type Decision, decisionIn, digestOf } from "./decision.ts";
import type { JournalEntry, JournalHeader, JournalLine } from "./journal-line.ts";

/** Where the lines of one journal go. */
export interface JournalSink {
  write(line: JournalLine): void;
  /** That was all of them. */
  end(): void;
}

/** What is written down of one call, in the order in which it happened. */
export class CallJournal {
  readonly #clock: Clock;
  readonly #sink: JournalSink;
  readonly #origin: number;
  readonly #decisions: Decision[] = [];
  #entries = 0;
  #utterances = 0;
  #withheld = false;
  /** Keys and sound of a secret that was broken off are withheld until then. */
  #withheldUntil = 0;
  #over = false;

  constructor(clock: Clock, sink: JournalSink, header: Omit<JournalHeader, "k" | "origin">) {
    this.#clock = clock;
    this.#sink = sink;
    this.#origin = clock.now();
    sink.write({ k: "header", ...header, origin: clock.wall() });
  }

  /** Ms since the call began to ring, to the microsecond. */
  now(): number {
    return this.#sinceOrigin(this.#clock.now());
  }

  /** Ms since a time that {@link now} gave. */
  since(then: number): number {
    return rounded(this.now() - then);
  }

  note(entry: JournalEntry): void {
    if (this.#over) return;
    this.#entries += 1;
    this.#sink.write(entry);
  }

  nextUtterance(): number {
    return ++this.#utterances;
  }

  /** From now on the caller's keys and sound are (not) a secret. */
  withhold(on: boolean): void {
    this.#withheld = on;
    if (!on) this.#withheldUntil = this.now() + REST_OF_SECRET;
  }

  /** A message of the media stream, as it came. */
  message(raw: Buffer): void {
    const message = parseMessage(raw.toString());
    if (typeof message === "string") return;
    const t = this.now();
    switch (message.event) {
      case "media": {
        if (message.track !== "inbound") return;
        const { timestamp: ts } = message;
        const b = this.#secret ? silenceLike(message.payload) : message.payload;
        return this.note({ k: "audio", t, ...(Number.isNaN(ts) ? {} : { ts }), b });
      }
      case "mark":
        return this.note({ k: "mark", t, name: message.name });
      case "dtmf":
        return this.note({ k: "dtmf", t, digit: this.#secret ? concealed(message.digit) : message.digit });
      case "stop":
        return this.note({ k: "stop", t });
      case "connected":
      case "start":
        return; // they come before the stream is the call's
    }
  }

  /** An event of the call; its end is the journal's, and so is the loss of its media stream. */
  event(event: CallEvent): void {
    if (event.type === "media-lost" || event.type === "call-moved") {
      const { sessionId, at } = event;
      return this.event({ type: "call-ended", reason: "media-lost", status: "completed", sessionId, at });
    }
    const decision = decisionIn(event, (at) => this.#sinceOrigin(at));
    if (decision !== undefined) this.#decisions.push(decision);
    if (event.type !== "call-ended" || this.#over) return;
    this.note({ k: "end", t: this.#sinceOrigin(event.at), reason: event.reason });
    this.#over = true;
    const decisions = this.#decisions;
    this.#sink.write({ k: "trailer", entries: this.#entries, decisions, digest: digestOf(decisions) });
    this.#sink.end();
  }

  get #secret(): boolean {
    return this.#withheld || this.now() < this.#withheldUntil;
  }

  #sinceOrigin(at: number): number {
    return rounded(at - this.#origin);
  }
}

/** To the microsecond: more digits say nothing. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** A key that ends what is keyed in is no secret; every digit is the same one. */
function concealed(digit: string): string {
  return digit === "#" || digit === "*" ? digit : "0";
}

function silenceLike(payload: string): string {
  return Buffer.alloc(Buffer.byteLength(payload, "base64"), SILENCE).toString("base64");
}

/** As long as the keypad swallows what is left of a secret, in ms. */
const REST_OF_SECRET = 3_000;
